# shellcheck shell=bash
# Builds the server when its sources have changed, and unpacks it to where it runs. Sourced by ./caravan,
# which sets root and maven.
# shellcheck disable=SC2154

build_directory=$root/server/target/caravan
vector_flags=(--add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED)

# Maven's output goes to a log; what it says last is shown when it fails. $1 is what happens, the rest Maven's arguments.
quiet_maven() {
    local what=$1 log=$build_directory/build.log
    shift
    mkdir -p "$build_directory"
    note "$what (log: ${log#"$root"/}) ..."
    if ! "$maven" -B -ntp "$@" >"$log" 2>&1; then
        grep -E '^\[ERROR\] .|^npm (error|ERR!)' "$log" | grep -v -e 'Help 1' -e 'full stack trace' -e 'full debug logging' | head -n 20 >&2 || true
        fail "The build failed; $log has everything."
    fi
}

# A line for the sources: their names, and whether one is newer than the given stamp.
sources() {
    find pom.xml .mvn ./*/pom.xml ./*/src/main web -type d \( -name node_modules -o -name dist -o -name coverage \
        -o -name test-results \) -prune -o -type f "$@" -print
}

sources_unchanged() {
    local stamp=$build_directory/stamp
    [ -r "$stamp" ] && [ -d "$(app_directory)" ] || return 1
    [ "$(sources | LC_ALL=C sort | cksum)" = "$(cat "$stamp")" ] && [ -z "$(sources -newer "$stamp" | head -n 1)" ]
}

app_directory() {
    cat "$build_directory/app" 2>/dev/null || echo "$build_directory/none"
}

# One build at a time: two of them would delete each other's class files. A lock whose owner is gone is taken over.
lock_build() {
    local lock=$root/server/target/caravan.lock waited=0
    mkdir -p "$root/server/target"
    until (set -o noclobber && echo "$$" >"$lock") 2>/dev/null; do
        if ! kill -0 "$(cat "$lock" 2>/dev/null || echo 0)" 2>/dev/null; then
            rm -f -- "$lock"
            continue
        fi
        [ $waited -ne 0 ] || note "Another ./caravan is building; waiting for it."
        waited=$((waited + 1))
        [ $waited -lt 900 ] || fail "Another ./caravan has been building for 15 minutes: end process $(cat "$lock")."
        sleep 1
    done
    # shellcheck disable=SC2064  # this lock, whatever happens to the variable
    trap "rm -f -- '$lock'" EXIT
}

unlock_build() {
    rm -f -- "$root/server/target/caravan.lock"
    trap - EXIT
}

build_server() {
    sources_unchanged && return 0
    lock_build
    sources_unchanged || build_server_locked
    unlock_build
}

build_server_locked() {
    local jar app names
    # Taken before the build, so that an edit during the build is built next time.
    mkdir -p "$build_directory"
    names=$(sources | LC_ALL=C sort | cksum)
    printf '%s\n' "$names" >"$build_directory/stamp.new"
    quiet_maven "Building Caravan" package -pl server -am -Dmaven.test.skip=true
    jar=$(find server/target -maxdepth 1 -name 'caravan-server-*-boot.jar' | head -n 1)
    [ -n "$jar" ] || fail "The build made no server/target/caravan-server-*-boot.jar; $build_directory/build.log tells why."
    # Each build has its own folder: a server that still runs keeps its files.
    app=$build_directory/app-$(date +%Y%m%d%H%M%S)-$$
    "$JAVA_HOME/bin/java" -Djarmode=tools -jar "$jar" extract --destination "$app" >/dev/null ||
        fail "The server could not be unpacked into $app: is the disk full?"
    remove_old_apps
    printf '%s\n' "$app" >"$build_directory/app"
    mv "$build_directory/stamp.new" "$build_directory/stamp"
}

# Keeps the one before, which may still run.
remove_old_apps() {
    local previous app
    previous=$(app_directory)
    for app in "$build_directory"/app-*; do
        [ "$app" = "$previous" ] || [ -z "$(find "$app" -maxdepth 0 -mmin +1 2>/dev/null)" ] || rm -rf -- "$app"
    done
}

app_jar() {
    find "$(app_directory)" -maxdepth 1 -name 'caravan-server-*.jar' | head -n 1
}

# Runs one of the server's small commands, which need no Spring.
server_java() {
    "$JAVA_HOME/bin/java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m -cp "$(app_jar)" "$@"
}

# Runs one that computes with a model: with the vector units and the better compiler.
engine_java() {
    "$JAVA_HOME/bin/java" "${vector_flags[@]}" -XX:+UseParallelGC "-Xmx$(heap_megabytes)m" \
        -Dlogback.configurationFile=logback-command.xml -cp "$(app_jar)" "$@"
}

# Trains: what it computes with lives in Java's heap, which may therefore grow to what is free now. Nearly all of it are
# large arrays that stay, so the part for what is short-lived is kept small. In place of this shell: a signal that ends
# the command reaches it.
exec_training() {
    exec "$JAVA_HOME/bin/java" "${vector_flags[@]}" -XX:+UseParallelGC -XX:MaxNewSize=256m "-Xmx$(training_megabytes)m" \
        -Dlogback.configurationFile=logback-command.xml -cp "$(app_jar)" "$@"
}

# Free memory, bounded by the container's. Weights are mapped files; what they take is subtracted by the trainer.
training_megabytes() {
    local megabytes='' limit
    if [ -r /proc/meminfo ]; then
        megabytes=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo | awk '{ print int($1 / 1024) }')
    fi
    if [ -z "$megabytes" ]; then
        megabytes=$(memory_megabytes)
        megabytes=$((${megabytes:-4096} / 2))
    fi
    limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
    case $limit in
        *[!0-9]* | '') ;;
        *) [ "$((limit / 1048576))" -ge "$megabytes" ] || megabytes=$((limit / 1048576)) ;;
    esac
    [ "$megabytes" -ge 512 ] || megabytes=512
    echo "$megabytes"
}

memory_megabytes() {
    if [ -r /proc/meminfo ]; then
        sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo | awk '{ print int($1 / 1024) }'
    else
        sysctl -n hw.memsize 2>/dev/null | awk '{ print int($1 / 1048576) }'
    fi
}

# Java's heap: an eighth of the machine. Weights are mapped files and do not count.
heap_megabytes() {
    local megabytes
    megabytes=$(memory_megabytes)
    megabytes=$((${megabytes:-4096} / 8))
    [ "$megabytes" -ge 384 ] || megabytes=384
    [ "$megabytes" -le 2048 ] || megabytes=2048
    echo "$megabytes"
}

# The first clean stop leaves an archive of the loaded classes beside the program, which saves a later start about a third
# of its work. Java checks it and does without when anything has changed; its remarks on that are of no use to anybody.
exec_server() {
    exec "$JAVA_HOME/bin/java" "-Xmx$(heap_megabytes)m" -Xms64m -XX:+UseG1GC -XX:G1PeriodicGCInterval=60000 \
        -XX:+AutoCreateSharedArchive "-XX:SharedArchiveFile=$(app_directory)/classes.jsa" -Xlog:cds*=off -Xlog:aot*=off \
        "${vector_flags[@]}" -jar "$(app_jar)"
}

build_bench() {
    quiet_maven "Building the benchmarks" -pl bench -am -Dmaven.test.skip=true -Dexec.skip \
        package dependency:build-classpath -Dmdep.outputFile=target/classpath.txt
}

bench_classpath() {
    printf '%s:%s' bench/target/classes "$(cat bench/target/classpath.txt)"
}
