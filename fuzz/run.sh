#!/usr/bin/env bash
# Fuzzes each target for that many seconds: fuzz/run.sh SECONDS [TARGET…]. A target ends with its first crash and leaves the
# input under fuzz/artifacts, beside its log. Needs cargo-fuzz (cargo install cargo-fuzz --locked); a stable toolchain is enough.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

seconds=${1:?how many seconds each target runs}
shift
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    targets=(scanner sniffer values sql ipc)
fi

# cargo-fuzz asks for sanitizers, which a stable compiler has behind this variable.
export RUSTC_BOOTSTRAP=1
programs=${CARGO_TARGET_DIR:-target}/$(rustc -vV | sed -n "s/^host: //p")/release

cargo fuzz build --fuzz-dir .

fuzz() {
    local target=$1
    mkdir -p "corpus/$target" "artifacts/$target"
    # Inputs longer than the head's first look are no better, and slower. Looking for leaks takes a third of the time.
    "$programs/$target" "corpus/$target" "seeds/$target" \
        -artifact_prefix="artifacts/$target/" -max_total_time="$seconds" -max_len=2048 -timeout=20 \
        -rss_limit_mb=4096 -detect_leaks=0 -print_final_stats=1 >"artifacts/$target.log" 2>&1
}

# As many at once as there are processors.
failed=0
for ((first = 0; first < ${#targets[@]}; first += $(nproc))); do
    now=("${targets[@]:first:$(nproc)}")
    for target in "${now[@]}"; do
        fuzz "$target" &
    done
    for target in "${now[@]}"; do
        wait -n || failed=1
    done
    for target in "${now[@]}"; do
        printf '== %s: %s\n' "$target" "$(grep -a 'executed_units' "artifacts/$target.log" || true)"
        grep -a -A 30 'panicked at\|ERROR: ' "artifacts/$target.log" | head -n 60 || true
    done
done
exit "$failed"
