# What the tabulator key completes of raslib; made by `raslib completion bash`.
declare -A _raslib_words=(
WORDS)
declare -A _raslib_files=(
FILES)
_raslib() {
    local line=${COMP_LINE:0:COMP_POINT} at=raslib last= word known
    local here=${line##* }
    read -ra known <<< "${line%"$here"}"
    for word in "${known[@]:1}"; do
        last=$word
        [[ -n ${_raslib_words["$at $word"]+x} && $word != -* ]] && at+=" $word"
    done
    [[ $last == -* && -n ${_raslib_words["$at $last"]+x} ]] && at+=" $last"
    COMPREPLY=($(compgen -W "${_raslib_words["$at"]}" -- "$here"))
    [[ -n ${_raslib_files["$at"]+x} ]] && COMPREPLY+=($(compgen -f -- "$here"))
    # AXIS=VALUE is three words to readline, of which it puts in the last
    [[ $here == *=* && $COMP_WORDBREAKS == *=* ]] && COMPREPLY=("${COMPREPLY[@]#"${here%"${here##*=}"}"}")
    return 0
}
complete -o filenames -F _raslib raslib
