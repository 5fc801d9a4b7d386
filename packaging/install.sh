#!/bin/sh
# Installs podslate for the user who runs this, without root:
#
#   curl -fsSL URL/install.sh | sh
#
# Environment:
#   PODSLATE_INSTALL_DIR    folder of the program (default: ~/.local/bin)
#   PODSLATE_DOWNLOAD_URL   address of the release's files (default: the release of this script)
#
# Exit codes: 0 installed, 1 refused, 2 failed. Nothing is changed unless everything succeeded.
set -eu

release_url='@RELEASE_URL@'
unchanged='Nothing was changed.'

refuse() {
    printf 'error: %s\n' "$1" >&2
    shift
    for hint; do printf 'hint: %s\n' "$hint" >&2; done
    exit "${code:-1}"
}

fail() {
    code=2
    refuse "$@"
}

has() {
    command -v "$1" > /dev/null 2>&1
}

# Prints the target that this machine runs.
target() {
    system=$(uname -s)
    machine=$(uname -m)
    # A shell that Rosetta translates sees the other processor.
    if [ "$system" = Darwin ] && [ "$(sysctl -n hw.optional.arm64 2> /dev/null)" = 1 ]; then
        machine=arm64
    fi
    case $system/$machine in
    Linux/x86_64 | Linux/amd64) echo x86_64-unknown-linux-musl ;;
    Linux/aarch64 | Linux/arm64) echo aarch64-unknown-linux-musl ;;
    Darwin/x86_64) echo x86_64-apple-darwin ;;
    Darwin/arm64) echo aarch64-apple-darwin ;;
    *) echo "$system on $machine" ;;
    esac
}

# Downloads $1 of the release into the file $2.
download() {
    if has curl; then
        case $url in https:*) protocols='=https' ;; *) protocols='=http,https' ;; esac
        curl --proto "$protocols" --fail --silent --show-error --location --output "$2" "$url/$1" >&2
    else
        wget -q -O "$2" "$url/$1" >&2
    fi
}

# Prints the SHA-256 of the file $1.
checksum() {
    if has sha256sum; then
        sha256sum "$1"
    else
        shasum -a 256 "$1"
    fi | cut -d ' ' -f 1
}

clean_up() {
    rm -rf "$work"
    [ -z "${staged:-}" ] || rm -f "$staged"
}

# Downloads and unpacks the program into the folder $work.
fetch() {
    archive=podslate-$target.tar.gz
    download SHA256SUMS "$work/SHA256SUMS" ||
        fail "The list of the release's files could not be downloaded from $url." \
            "Check the network connection and the address, then try again."
    expected=$(sed -n "s/ [ *]$archive\$//p" "$work/SHA256SUMS")
    [ -n "$expected" ] ||
        refuse "This release has no program for $target." \
            "Build it from the source code, which needs Rust: cargo xtask build"
    download "$archive" "$work/$archive" ||
        fail "$archive could not be downloaded from $url." \
            "$unchanged Check the network connection, then try again."
    actual=$(checksum "$work/$archive")
    [ "$actual" = "$expected" ] ||
        refuse "The checksum of $archive is not the one of the release: it was damaged or changed on its way." \
            "$unchanged Try again; if it happens again, do not use the file, and tell whoever runs the server."
    tar -xzf "$work/$archive" -C "$work" || fail "$archive could not be unpacked." "$unchanged"
}

# Moves the program to its place in one step, which works while the present one runs.
place() {
    denied="$unchanged Set PODSLATE_INSTALL_DIR to a folder that you may write to."
    [ ! -d "$folder/podslate" ] ||
        refuse "$folder/podslate is a folder." "Rename it, or set PODSLATE_INSTALL_DIR to another folder."
    mkdir -p "$folder" 2> /dev/null || refuse "The folder $folder cannot be created." "$denied"
    staged=$(mktemp "$folder/.podslate.XXXXXX" 2> /dev/null) ||
        refuse "The folder $folder cannot be written to." "$denied"
    if ! { cp "$work/podslate-$target/podslate" "$staged" && chmod 755 "$staged"; } 2> /dev/null; then
        fail "The program could not be written to $folder." \
            "$unchanged Check the free space of the disk, then try again."
    fi
    version=$("$staged" --version) || fail "The program does not run on this machine." "$unchanged"
    mv -f "$staged" "$folder/podslate" || fail "$folder/podslate could not be replaced." "$unchanged"
}

advise_on_path() {
    case :$PATH: in
    *:"$folder":*)
        found=$(command -v podslate || true)
        [ "$found" = "$folder/podslate" ] || [ -z "$found" ] ||
            printf 'warning: podslate still starts %s, which is earlier in PATH.\n' "$found" >&2
        ;;
    *)
        printf 'hint: %s is not in PATH. Add this line to the file that your shell reads, such as ~/.profile:\n' "$folder" >&2
        printf '  export PATH="%s:%s"\n' "$folder" "\$PATH" >&2
        ;;
    esac
}

main() {
    url=${PODSLATE_DOWNLOAD_URL:-$release_url}
    url=${url%/}
    [ -n "$url" ] || refuse "This script belongs to no release." \
        "Set PODSLATE_DOWNLOAD_URL to the address of a release's files."
    folder=${PODSLATE_INSTALL_DIR:-${HOME:+$HOME/.local/bin}}
    [ -n "$folder" ] || refuse "No home folder is known." "Set PODSLATE_INSTALL_DIR."
    case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
    target=$(target)
    case $target in *' on '*)
        refuse "There is no podslate for $target." \
            "Build it from the source code, which needs Rust: cargo xtask build"
        ;;
    esac
    has curl || has wget || refuse "Neither curl nor wget is installed." "Install one of them, then try again."
    has sha256sum || has shasum ||
        refuse "Neither sha256sum nor shasum is installed, so the download cannot be verified." \
            "Install one of them, then try again."
    work=$(mktemp -d) || fail "No temporary folder can be created." "Check TMPDIR and the disk's free space."
    trap clean_up EXIT
    trap 'exit 2' HUP INT TERM
    fetch
    place
    printf '%s is installed: %s\n' "$version" "$folder/podslate"
    advise_on_path
}

# At the end, so that a script that arrives only in part does nothing.
main
