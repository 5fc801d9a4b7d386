#!/bin/sh
# Debian's packages, and from them a compiler for WebAssembly where rustup cannot download.
#
# Debian ships a recent compiler with the source of the standard library, but not that library for
# WebAssembly. It is built once here and put where that compiler looks.
#
#   debian.sh missing PACKAGE…    prints those that are not installed
#   debian.sh install PACKAGE…
#   debian.sh compiler-packages   prints the packages of the compiler
#   debian.sh compiler WORK       sets up the compiler for these targets, building in the folder WORK
set -eu
targets="wasm32-unknown-unknown wasm32-wasip1"
command=$1
shift

apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 "$@"
}

# Builds the standard library for the target $1 in the folder $2 and puts it below $3 at once.
standard_library() {
    rm -rf "$2" "$3/$1/lib.unfinished"
    mkdir -p "$2/src" "$3/$1/lib.unfinished/self-contained"
    printf '#![no_std]\n' > "$2/src/lib.rs"
    printf '[package]\nname = "empty"\nedition = "2024"\n[workspace]\n' > "$2/Cargo.toml"
    (cd "$2" && CARGO_TARGET_DIR=target RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
        RUSTFLAGS='-Cembed-bitcode=yes -Zforce-unstable-if-unmarked' \
        /usr/bin/cargo build --release --target "$1" -Zbuild-std=std,panic_abort,proc_macro,test)
    rm -f "$2/target/$1/release/deps/"libempty-*
    cp "$2/target/$1/release/deps/"*.rlib "$3/$1/lib.unfinished"
    if [ "$1" = wasm32-wasip1 ]; then
        for object in crt1-command.o crt1-reactor.o libc.a; do
            cp "/usr/lib/wasm32-wasi/$object" "$3/$1/lib.unfinished/self-contained"
        done
    fi
    rm -rf "${3:?}/$1/lib" "$2"
    mv "$3/$1/lib.unfinished" "$3/$1/lib"
}

case $command in
missing)
    for package; do
        status=$(dpkg-query -W -f '${Status}' "$package" 2> /dev/null) || status=
        case $status in *"ok installed") ;; *) echo "$package" ;; esac
    done
    ;;
install)
    apt update
    apt install -y --no-install-recommends "$@"
    ;;
compiler-packages)
    apt update >&2
    # Any recent linker serves; the newest that this Debian has is taken.
    for linker in lld-22 lld-21 lld-20 lld-19; do
        packages="rustc-web cargo-web rust-web-clippy rust-web-src wasi-libc $linker"
        # shellcheck disable=SC2086 # They are words.
        if apt install --simulate $packages >&2; then
            echo "$packages"
            exit
        fi
    done
    echo "This Debian offers no compiler for WebAssembly ($packages)." >&2
    exit 1
    ;;
compiler)
    rustlib=$(/usr/bin/rustc --print sysroot)/lib/rustlib
    linker=$rustlib/$(/usr/bin/rustc --print host-tuple)/bin/rust-lld
    if [ ! -e "$linker" ]; then
        mkdir -p "$(dirname "$linker")"
        ln -sf "$(find /usr/lib/llvm-*/bin/lld | sort -V | tail -n 1)" "$linker"
    fi
    for target in $targets; do
        # The compiler refuses the libraries of another version of itself.
        : | /usr/bin/rustc - --crate-type lib --emit metadata --target "$target" -o "$1.rmeta" ||
            standard_library "$target" "$1" "$rustlib"
    done
    rm -f "$1.rmeta"
    if command -v rustup; then
        rustup toolchain link wasm /usr
    fi
    ;;
esac
