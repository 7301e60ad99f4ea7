#include "cli/completion/shell_scripts.h"

namespace strata::cli {

namespace {

// The words are split by us: bash takes ':' and '=' for ends of words, and image names have both.
constexpr char kBash[] = R"sh(# bash completion for strata: eval "$(strata completion bash)"
_strata() {
  local line=${COMP_LINE:0:COMP_POINT} words current word description
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=${words[${#words[@]}-1]}
  COMPREPLY=()
  while IFS=$'\t' read -r word description; do
    if [[ $word == :files ]]; then
      compopt -o filenames
      mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$current")
    else
      COMPREPLY+=("$word")
    fi
  done < <("${words[0]}" __complete -- "${words[@]:1}" 2>/dev/null)
  local written=${current%"${current##*[:=]}"}
  COMPREPLY=("${COMPREPLY[@]#"$written"}")
}
complete -F _strata strata
)sh";

constexpr char kZsh[] = R"sh(#compdef strata
# zsh completion for strata: strata completion zsh >"${fpath[1]}/_strata"
_strata() {
  local -a candidates
  local line word files=
  for line in "${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      files=yes
    elif [[ -n $line ]]; then
      word=${line%%$'\t'*}
      candidates+=("${word//:/\\:}:${line#*$'\t'}")
    fi
  done
  (( $#candidates )) && _describe 'strata' candidates
  [[ -n $files ]] && _files
}
if [[ $funcstack[1] == _strata ]]; then _strata "$@"; else compdef _strata strata; fi
)sh";

constexpr char kFish[] =
    R"sh(# fish completion for strata: strata completion fish >~/.config/fish/completions/strata.fish
function __strata_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c strata -f -a '(__strata_complete)'
)sh";

constexpr std::pair<llvm::StringLiteral, llvm::StringLiteral> kScripts[] = {
    {"bash", kBash}, {"zsh", kZsh}, {"fish", kFish}};

}  // namespace

llvm::StringRef completionScript(llvm::StringRef shell) {
  for (auto [name, script] : kScripts)
    if (shell == name) return script;
  return "";
}

}  // namespace strata::cli
