# shellcheck shell=bash
# "./caravan test": every test there is, with the real weights, the real database and a real browser. Sourced by ./caravan.
# shellcheck disable=SC2154

results_directory=$build_directory/test-results

run_tests() {
    local failed=no
    while [ $# -gt 0 ]; do
        case $1 in
            --yes) assume_yes=yes ;;
            --slow) export CARAVAN_SLOW_TESTS=true ;;
            *) refuse_usage "test does not know '$1'." ;;
        esac
        shift
    done
    need java maven node pip venv git chromium fonts
    rm -rf -- "$results_directory" ./*/target/surefire-reports
    mkdir -p "$results_directory"
    provide_test_models

    test_java || failed=yes
    test_web || failed=yes
    test_browser || failed=yes
    summarise "$failed"
}

# Gemma and multilingual-e5-small, through "caravan models pull" itself; an own folder of models is left as it is.
provide_test_models() {
    local licence=()
    [ -z "${CARAVAN_TEST_MODELS:-}" ] || return 0
    if [ ! -r "$home/models/gemma-3-270m/manifest.json" ] || [ ! -r "$home/models/multilingual-e5-small/manifest.json" ]; then
        quiet_maven "Compiling what fetches the test models" -pl server -am -Dexec.skip \
            compile dependency:build-classpath -Dmdep.outputFile=target/classpath.txt
        [ "$assume_yes" = no ] || licence=(--accept-licence)
        "$JAVA_HOME/bin/java" -cp "server/target/classes:$(cat server/target/classpath.txt)" \
            dev.caravan.server.models.ModelsCommand pull gemma-3-270m multilingual-e5-small \
            ${licence[@]+"${licence[@]}"} || fail "The tests need the real weights of both models."
    fi
    export CARAVAN_TEST_MODELS=$home/models
}

# A failed test does not keep the other modules from being tested: the reports are counted afterwards.
test_java() {
    note "== Java: mvn verify"
    "$maven" -B -ntp --fail-at-end -Dmaven.test.failure.ignore=true verify
}

test_web() {
    note "== Web: ESLint, Vitest, build"
    (
        # Joined by &&: errexit is off in whatever stands left of ||.
        cd web && npm ci --no-audit --no-fund && npm run lint && npm run build &&
            npm test -- --reporter=default --reporter=json --outputFile.json="$results_directory/vitest.json"
    )
}

# The page in a real browser against the real server with the real small model, in a home of its own.
test_browser() {
    note "== Page: Playwright and Chromium on the real server"
    (
        build_server
        cd web || exit
        # A port that nobody has, so that two runs on one machine do not talk to each other's server.
        CARAVAN_E2E_PORT=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
        export CARAVAN_E2E_PORT
        PLAYWRIGHT_JSON_OUTPUT_NAME=$results_directory/playwright.json npm run e2e -- --reporter=list,json
    )
}

# Adds the runners' own counts up. A runner that left no report counts as a failure, not as nothing to report.
summarise() {
    local status=$1
    node scripts/summarise-tests.mjs "$root" "$results_directory" || status=yes
    [ "$status" = no ]
}
