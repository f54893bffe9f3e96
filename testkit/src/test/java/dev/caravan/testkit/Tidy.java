package dev.caravan.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Rules of the source tree that no compiler checks; each gives one sentence per violation. */
final class Tidy {

    private static final int FILE_LINES_MAX = 400;
    // Spelled in pieces so that this file does not violate its own rules.
    private static final Pattern OPEN_WORK = Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b");
    private static final Pattern REGISTRY_HOST = Pattern.compile("repo1?\\.mav" + "en\\.|py" + "pi\\.org|pythonhos"
            + "ted\\.org|registry\\.npm" + "js|registry\\.yar" + "npkg|deb\\.deb" + "ian\\.org|crat" + "es\\.io");
    private static final Pattern MACHINE_PATH = Pattern.compile("(^|[^.\\w-])/(wo" + "rk|ro" + "ot|fa" + "rm)/");
    private static final Pattern LINK = Pattern.compile("\\[[^\\]]*]\\(([^)#\\s]+)[^)]*\\)");
    private static final Pattern COMMAND = Pattern.compile("\\./caravan ([a-z]+)");

    private Tidy() {}

    /** @param path relative to the root, with slashes */
    static List<String> problems(String path, String text, Predicate<String> exists) {
        List<String> problems = new ArrayList<>();
        boolean isCode =
                path.endsWith(".java") || path.endsWith(".ts") || path.endsWith(".tsx") || path.equals("caravan");
        if (isCode && text.lines().count() > FILE_LINES_MAX && !isTest(path)) {
            problems.add("%s has more than %d lines: give it one subject".formatted(path, FILE_LINES_MAX));
        }
        if (isCode) {
            find(OPEN_WORK, text).forEach(hit -> problems.add("%s leaves work open: %s".formatted(path, hit)));
        }
        find(REGISTRY_HOST, text).forEach(hit -> problems.add("%s names a registry's host: %s".formatted(path, hit)));
        find(MACHINE_PATH, text)
                .forEach(hit -> problems.add("%s names a path of one machine: %s".formatted(path, hit)));
        if (path.endsWith(".md")) {
            problems.addAll(deadLinks(path, text, exists));
        }
        return problems;
    }

    /** Commands that a page tells the reader to run, but that the launcher does not have. */
    static List<String> unknownCommands(String path, String text, List<String> verbs) {
        return find(COMMAND, text).stream()
                .map(hit -> hit.substring(hit.indexOf(' ') + 1))
                .filter(verb -> !verbs.contains(verb))
                .map(verb -> "%s names ./caravan %s, which does not exist".formatted(path, verb))
                .toList();
    }

    private static List<String> deadLinks(String path, String text, Predicate<String> exists) {
        List<String> problems = new ArrayList<>();
        Matcher link = LINK.matcher(text);
        String folder = path.contains("/") ? path.substring(0, path.lastIndexOf('/') + 1) : "";
        while (link.find()) {
            String target = link.group(1);
            boolean isElsewhere = target.contains("://") || target.startsWith("mailto:");
            if (!isElsewhere && !exists.test(folder + target)) {
                problems.add("%s links to %s, which does not exist".formatted(path, target));
            }
        }
        return problems;
    }

    private static boolean isTest(String path) {
        return path.contains("/src/test/") || path.contains(".test.") || path.contains("/e2e/");
    }

    private static List<String> find(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map(hit -> hit.group().strip())
                .distinct()
                .toList();
    }
}
