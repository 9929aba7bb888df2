#compdef raslib
# What the tabulator key completes of raslib; made by `raslib completion zsh`.
typeset -gA _raslib_words=(
WORDS)
typeset -gA _raslib_files=(
FILES)
_raslib() {
    local at=raslib last= word
    for word in "${(@)words[2,CURRENT-1]}"; do
        last=$word
        [[ $word != -* && -n ${_raslib_words[$at $word]+x} ]] && at+=" $word"
    done
    [[ $last == -* && -n ${_raslib_words[$at $last]+x} ]] && at+=" $last"
    compadd -- ${=_raslib_words[$at]}
    [[ -n ${_raslib_files[$at]+x} ]] && _files
    return 0
}
compdef _raslib raslib
