package dev.caravan.server.models.catalogue;

import java.util.regex.Pattern;

/** What names from a catalogue or a manifest may look like: they become paths, addresses and arguments. */
final class Names {

    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9._-]{0,99}");
    private static final Pattern FILE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,199}");
    private static final Pattern FILES = Pattern.compile("[A-Za-z0-9_*][A-Za-z0-9._*-]{0,199}");
    private static final Pattern REPOSITORY = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final Pattern REQUIREMENT =
            Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9._+!-]*");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private Names() {}

    static boolean isId(String id) {
        return ID.matcher(id).matches() && !id.contains("..");
    }

    static String checkId(String id) {
        return check(isId(id), "model id", id);
    }

    static String checkFile(String name) {
        return check(FILE.matcher(name).matches() && !name.contains(".."), "file name", name);
    }

    /** A file's name, or several files' with {@code *} for anything. */
    static String checkFiles(String name) {
        return check(FILES.matcher(name).matches() && !name.contains(".."), "file name", name);
    }

    static String checkRepository(String repository) {
        return check(
                REPOSITORY.matcher(repository).matches() && !repository.contains(".."), "hub repository", repository);
    }

    static String checkRequirement(String requirement) {
        return check(REQUIREMENT.matcher(requirement).matches(), "wheel requirement name==version", requirement);
    }

    static String checkSha256(String hash) {
        return check(SHA256.matcher(hash).matches(), "SHA-256 in lower-case hexadecimal", hash);
    }

    private static String check(boolean valid, String what, String value) {
        if (!valid) {
            throw new IllegalArgumentException("not a " + what + ": '" + value + "'");
        }
        return value;
    }
}
