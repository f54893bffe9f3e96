package dev.caravan.postgres;

import java.util.Locale;

/** The operating systems that the distribution exists for. */
enum OperatingSystem {
    LINUX,
    MACOS,
    WINDOWS;

    static OperatingSystem current() {
        String name = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        if (name.startsWith("windows")) {
            return WINDOWS;
        }
        return name.startsWith("mac") || name.startsWith("darwin") ? MACOS : LINUX;
    }

    /** The processor as in the names of Python wheels: {@code x86_64}, {@code arm64} or what Java calls it. */
    static String processor() {
        return switch (System.getProperty("os.arch", "").toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "arm64";
            case String other -> other;
        };
    }
}
