"""check.py STRATA FOLDER [CASE...]: builds every case of tests/data/build with strata and compares the images with what
was recorded of BuildKit. Prints a line for each difference; status 1 if there is one."""
import concurrent.futures, sys

import builders
import cases
import compare


def check(case, strata):
    """Differences, one line each."""
    if not case.expected_path.exists():
        return ["has no expected.json: run scripts/record-expectations"]
    wanted = case.expected()
    wanted.pop("note", None)
    try:
        got = compare.normal(strata.description_of(case))
        if "fails" in wanted:
            return [f"builds, but should fail with '{wanted['fails']}'"]
        return compare.differences(wanted, got)
    except builders.BuildFailed as failure:
        if "fails" in wanted and wanted["fails"] in str(failure):
            return []
        return [f"should fail with '{wanted['fails']}'" if "fails" in wanted else "does not build"] + str(
            failure).splitlines()


def main():
    strata = builders.Strata(sys.argv[2], sys.argv[1])
    wanted = cases.all_cases(sys.argv[3:])
    different = 0
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for case, lines in zip(wanted, pool.map(lambda case: check(case, strata), wanted)):
            different += bool(lines)
            for line in lines:
                print(f"{case.name}: {line}")
    print(f"{len(wanted) - different} of {len(wanted)} images are as expected")
    sys.exit(different > 0)


main()
