# Every Dockerfile of tests/data/build gives the image that BuildKit gives: files, configuration, history text.
# CORPUS_CASES names some of them alone.
. "$STRATA_SOURCE_DIR/tests/e2e/lib.sh"
needs_root
mkdir cases
python3 -B "$STRATA_SOURCE_DIR/tests/corpus/check.py" "$STRATA" "$work/cases" ${CORPUS_CASES:-} || fail "images differ"
