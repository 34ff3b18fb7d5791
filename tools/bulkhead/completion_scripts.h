// The shells' halves of completion: each asks `bulkhead __complete` for what may come next.
#pragma once

#include <string_view>

namespace bulkhead::cli {

inline constexpr std::string_view kBashCompletion =
    R"script(# bash completion for bulkhead:  source <(bulkhead completion bash)
_bulkhead() {
    local candidate cur line=${COMP_LINE:0:COMP_POINT} prefix
    local -a words
    # Bash has cut "debian:12" and "--root=/x" into pieces; the line has them whole.
    if [[ $line == *[:=]* ]]; then
        read -ra words <<<"$line"
        [[ $line == *[[:space:]] ]] && words+=("")
    else
        words=("${COMP_WORDS[@]:0:COMP_CWORD+1}")
    fi
    cur=${words[-1]}
    COMPREPLY=()
    while IFS=$'\t' read -r candidate _; do
        if [[ $candidate == :files ]]; then
            compopt -o default 2>/dev/null
        else
            COMPREPLY+=("$candidate")
        fi
    done < <("${words[0]/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null)
    # Only the piece behind the last colon is replaced.
    if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
        prefix=${cur%"${cur##*:}"}
        COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
    fi
}
complete -F _bulkhead bulkhead
)script";

inline constexpr std::string_view kZshCompletion = R"script(#compdef bulkhead
# zsh completion for bulkhead:  source <(bulkhead completion zsh)
_bulkhead() {
    local line
    local -a candidates
    local -i files=0
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            files=1
        else
            candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        fi
    done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
    _describe 'bulkhead' candidates
    if ((files)); then
        _files
    fi
}
compdef _bulkhead bulkhead
)script";

inline constexpr std::string_view kFishCompletion =
    R"script(# fish completion for bulkhead:  bulkhead completion fish | source
function __bulkhead_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = ':files'
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c bulkhead -f -a '(__bulkhead_complete)'
)script";

}  // namespace bulkhead::cli
