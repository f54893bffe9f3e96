package dev.caravan.server.models.catalogue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How much memory a model may take on this machine now. */
public final class MemoryBudget {

    /** Java's heap, PostgreSQL and the page's own needs, beside the model. */
    static final long RESERVE_BYTES = 700_000_000L;

    private static final Path MEMORY_INFORMATION = Path.of("/proc/meminfo");

    private MemoryBudget() {}

    /** Bytes that are free or can be made free at once, less a reserve; never negative. */
    public static long availableBytes() {
        var system = java.lang.management.ManagementFactory.getPlatformMXBean(
                com.sun.management.OperatingSystemMXBean.class);
        // The JVM's figures know the limit of a container but not the page cache that can be given up.
        long total = system.getTotalMemorySize();
        long available = availableOfMachine(system.getFreeMemorySize());
        return Math.max(0, Math.min(total, available) - RESERVE_BYTES);
    }

    private static long availableOfMachine(long otherwise) {
        if (!Files.isReadable(MEMORY_INFORMATION)) {
            return otherwise;
        }
        try {
            return parseAvailable(Files.readAllLines(MEMORY_INFORMATION), otherwise);
        } catch (IOException e) {
            return otherwise;
        }
    }

    static long parseAvailable(List<String> lines, long otherwise) {
        return lines.stream()
                .filter(line -> line.startsWith("MemAvailable:"))
                .map(line -> line.replaceAll("\\D", ""))
                .filter(digits -> !digits.isEmpty())
                .mapToLong(digits -> Long.parseLong(digits) * 1024)
                .findFirst()
                .orElse(otherwise);
    }
}
