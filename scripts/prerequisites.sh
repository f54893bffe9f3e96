# shellcheck shell=bash
# Finds JDK 25, Maven, Node and pip, offers to install what the distribution has, and says exactly what to do otherwise.
# Sourced by ./caravan, which sets assume_yes; sets JAVA_HOME, PATH and maven.
# shellcheck disable=SC2034,SC2154

java_version_min=25
maven_version_min=3.8
node_version_min=20.19
# The npm packages that bring a newer Node and npm where the distribution's are too old; any pair that works will do.
node_package=node@24.21.0
npm_package=npm@11.19.1
tools_directory=${XDG_CACHE_HOME:-$HOME/.cache}/caravan/tools

system_certificates=/etc/ssl/certs/ca-certificates.crt

# Whether version $1 is at least $2, compared number by number.
version_at_least() {
    local have=$1 want=$2 have_part want_part
    while [ -n "$want" ]; do
        have_part=${have%%.*} want_part=${want%%.*}
        have_part=${have_part%%[!0-9]*}
        [ "${have_part:-0}" -gt "$want_part" ] && return 0
        [ "${have_part:-0}" -lt "$want_part" ] && return 1
        case $have in *.*) have=${have#*.} ;; *) have=0 ;; esac
        case $want in *.*) want=${want#*.} ;; *) want= ;; esac
    done
    return 0
}

# Whether $1 is the home of a JDK (not only a runtime) that is new enough.
is_jdk() {
    local version
    [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
    version=$(sed -n 's/^JAVA_VERSION="\(.*\)"/\1/p' "$1/release")
    [ -n "$version" ] && version_at_least "$version" "$java_version_min"
}

find_java() {
    local candidate on_path
    on_path=$(command -v java || true)
    for candidate in \
        ${JAVA_HOME:+"$JAVA_HOME"} \
        ${on_path:+"$(dirname -- "$(dirname -- "$(readlink -f -- "$on_path")")")"} \
        /usr/lib/jvm/* /usr/java/* /opt/* /opt/java/* \
        "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/.jdks/*/Contents/Home; do
        if is_jdk "$candidate"; then
            export JAVA_HOME=$candidate
            return 0
        fi
    done
    return 1
}

find_maven() {
    local candidate version
    for candidate in "$(command -v mvn || true)" ${MAVEN_HOME:+"$MAVEN_HOME/bin/mvn"} /opt/*maven*/bin/mvn; do
        [ -x "$candidate" ] || continue
        version=$("$candidate" --version 2>/dev/null | sed -n 's/.*Apache Maven \([0-9.]*\).*/\1/p')
        if [ -n "$version" ] && version_at_least "$version" "$maven_version_min"; then
            maven=$candidate
            return 0
        fi
    done
    return 1
}

node_is_new_enough() {
    local version
    command -v node >/dev/null && command -v npm >/dev/null || return 1
    version=$(node --version 2>/dev/null) || return 1
    version_at_least "${version#v}" "$node_version_min"
}

find_node() {
    node_is_new_enough && return 0
    if [ -x "$tools_directory/node_modules/.bin/node" ]; then
        PATH=$tools_directory/node_modules/.bin:$PATH
        # The distribution's Node trusts the system's certificates, a company's own among them; the package does not.
        if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -r "$system_certificates" ]; then
            export NODE_EXTRA_CA_CERTS=$system_certificates
        fi
    fi
    node_is_new_enough
}

# A distribution's npm can fetch a newer Node as an ordinary package; nothing is installed outside our cache.
fetch_newer_node() {
    command -v npm >/dev/null || return 1
    note "Node $(node --version 2>/dev/null || true) is too old; fetching $node_package with npm into $tools_directory."
    mkdir -p "$tools_directory"
    npm install --prefix "$tools_directory" --no-audit --no-fund --loglevel=error "$node_package" "$npm_package" >&2 &&
        find_node
}

find_pip() {
    command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1
}

# For the test with the official Python client, which gets an environment of its own.
find_venv() {
    command -v python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null
}

find_git() {
    command -v git >/dev/null
}

find_chromium() {
    local candidate
    for candidate in "${CARAVAN_CHROMIUM:-}" chromium chromium-browser google-chrome; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null; then
            CARAVAN_CHROMIUM=$(command -v "$candidate")
            export CARAVAN_CHROMIUM
            return 0
        fi
    done
    return 1
}

find_fonts() {
    ! command -v fc-list >/dev/null || [ -n "$(fc-list :lang=ko 2>/dev/null | head -n 1)" ]
}

# The Debian packages of one need.
packages_of() {
    case $1 in
        java) printf '%s' openjdk-25-jdk-headless ;;
        maven) printf '%s' maven ;;
        node) printf '%s' 'nodejs npm' ;;
        pip) printf '%s' python3-pip ;;
        venv) printf '%s' python3-venv ;;
        git) printf '%s' git ;;
        chromium) printf '%s' chromium ;;
        fonts) printf '%s' fonts-nanum ;;
    esac
}

advice_for() {
    case $1 in
        java) cat <<'TEXT' ;;
JDK 25 is missing. Get the archive "JDK 25" for this system from adoptium.net (any other vendor's JDK 25 will do) and run
    mkdir -p ~/.jdks && tar -xzf THE-ARCHIVE.tar.gz -C ~/.jdks
./caravan finds it there, in /usr/lib/jvm, in /opt, in ~/.sdkman (sdk install java 25-tem), or where JAVA_HOME points.
TEXT
        maven) echo "Maven $maven_version_min or newer is missing: install the package maven, or unpack the archive of maven.apache.org under /opt." ;;
        node) echo "Node $node_version_min or newer with npm is missing: install nodejs and npm, or the archive of nodejs.org, and put both on the PATH." ;;
        pip) echo "python3 with pip is missing: install python3-pip. It only downloads files (PostgreSQL, small models); no Python runs afterwards." ;;
        venv) echo "Python's venv is missing, so the test with the official Python client will be skipped: install python3-venv." ;;
        git) echo "git is missing: install the package git." ;;
        chromium) echo "Chromium is missing: install the package chromium, or set CARAVAN_CHROMIUM to a Chromium or Chrome." ;;
        fonts) echo "A Korean font is missing: install the package fonts-nanum." ;;
    esac
}

have_apt() {
    command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Those of the packages that this distribution has.
available_packages() {
    local package
    for package in "$@"; do
        if apt-cache show --no-all-versions "$package" >/dev/null 2>&1; then
            printf '%s ' "$package"
        fi
    done
}

may_install() {
    local answer
    [ "$assume_yes" = yes ] && return 0
    [ -t 0 ] && [ -t 2 ] || return 1
    printf 'Install these packages of the distribution: %s? [Y/n] ' "$*" >&2
    read -r answer
    case $answer in '' | [Yy]*) return 0 ;; *) return 1 ;; esac
}

apt_lists_are_fresh=no
install_packages() {
    local packages
    if [ "$apt_lists_are_fresh" = no ] && { [ "$assume_yes" = yes ] || [ -z "$(available_packages "$@")" ]; }; then
        as_root apt-get update -qq >&2 || note "The list of packages could not be refreshed; trying with the old one."
        apt_lists_are_fresh=yes
    fi
    packages=$(available_packages "$@")
    [ -n "$packages" ] || return 1
    # shellcheck disable=SC2086  # a list of package names
    may_install $packages || return 1
    note "Installing: $packages"
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >&2
}

# What of the given needs is not there.
missing_of() {
    local name
    for name in "$@"; do
        "find_$name" || printf '%s ' "$name"
    done
}

# Makes sure that everything named is there, or ends with what to do. pip, venv and fonts are wanted, not needed.
need() {
    local missing name packages='' lacking=no
    missing=$(missing_of "$@")
    if [ -n "$missing" ] && have_apt; then
        for name in $missing; do
            # A distribution's Node may be there and too old; then npm helps, not apt.
            { [ "$name" = node ] && command -v npm >/dev/null; } || packages="$packages $(packages_of "$name")"
        done
        # shellcheck disable=SC2086
        [ -z "$packages" ] || install_packages $packages || true
    fi
    # Not in a subshell: the finders set JAVA_HOME, PATH and others.
    for name in "$@"; do
        "find_$name" || { [ "$name" = node ] && fetch_newer_node; } || {
            advice_for "$name" >&2
            case $name in
                pip | venv | fonts) ;;
                *) lacking=yes ;;
            esac
        }
    done
    if [ "$lacking" = yes ]; then
        [ -z "$packages" ] || [ "$assume_yes" = yes ] || note "With --yes, ./caravan installs what this distribution has of it."
        fail "Then run ./caravan again; docs/how-to/install.md has more."
    fi
}
