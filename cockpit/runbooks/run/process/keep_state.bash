# Read by bash before a step (as BASH_ENV, so that the text of the step and its line numbers stay what they are): puts
# back what an earlier step left, and tells at the end what this one leaves: the folder, then each variable as a count of
# fields, its name, its attributes, and pairs of a key and a value, all ended by NUL. The first are the options (`set -o`,
# `shopt`) as they were before anything was put back, and as they are at the end.
# It tells a pipe that only the supervisor reads, which takes the secrets out before anything is kept; never more than
# fits into a pipe, so that a step whose supervisor is gone is not held up. Needs bash 4.4; an older one tells nothing.
# A step that traps EXIT itself, or replaces the shell by `exec`, tells nothing either.
__cockpit_before=$SHELLOPTS:$BASHOPTS
if [[ -n ${_COCKPIT_RESTORE-} ]]; then eval "$_COCKPIT_RESTORE"; fi
__cockpit_state=${_COCKPIT_STATE-}
unset BASH_ENV _COCKPIT_STATE _COCKPIT_RESTORE
__cockpit_tell() {
  set +eu
  if [[ $__cockpit_code -ne 0 || ! -p $__cockpit_state ]]; then return 0; fi
  IFS=$' \t\n'
  __cockpit_room=60000
  {
    builtin printf '%s\0' "$PWD" 6 SHELLOPTS r before "$__cockpit_before" after "$__cockpit_after"
    for __cockpit_name in $(builtin compgen -v); do
      case $__cockpit_name in
        __cockpit_* | BASH* | COMP_* | EPOCH* | FUNCNAME | LINENO | PIPESTATUS | RANDOM | SECONDS | SHELLOPTS | SRANDOM | _) continue ;;
      esac
      declare -n __cockpit_ref=$__cockpit_name
      __cockpit_fields=("$__cockpit_name" "${__cockpit_ref@a}")
      __cockpit_size=0
      for __cockpit_key in "${!__cockpit_ref[@]}"; do
        __cockpit_fields+=("$__cockpit_key" "${__cockpit_ref[$__cockpit_key]}")
        ((__cockpit_size += ${#__cockpit_key} + 4 * ${#__cockpit_ref[$__cockpit_key]}))
      done
      ((__cockpit_size += 100))
      if ((__cockpit_size < __cockpit_room)); then
        ((__cockpit_room -= __cockpit_size))
        builtin printf '%s\0' "${#__cockpit_fields[@]}" "${__cockpit_fields[@]}"
      else
        builtin printf '1\0%s\0' "$__cockpit_name"  # too long to be kept
      fi
    done
    builtin printf 'end\0'
  } 1<>"$__cockpit_state" 2>/dev/null
  return 0
}
if ((BASH_VERSINFO[0] > 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 4))); then
  trap '{ __cockpit_code=$?; __cockpit_after=$SHELLOPTS:$BASHOPTS; set +x; } 2>/dev/null; __cockpit_tell' EXIT
fi
if [[ -n ${__cockpit_options-} ]]; then eval "$__cockpit_options"; fi  # the last: what `set -x` shows is the step's own
