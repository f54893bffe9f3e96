package dev.caravan.engine.train;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory that this process has had at most. */
final class ProcessMemory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String HIGH_WATER_MARK = "VmHWM:";

    private ProcessMemory() {}

    /** On Linux all resident memory, mapped weights too; elsewhere the heap. */
    static long peakBytes() {
        if (Files.isReadable(STATUS)) {
            try {
                for (String line : Files.readAllLines(STATUS)) {
                    if (line.startsWith(HIGH_WATER_MARK)) {
                        String kilobytes = line.substring(HIGH_WATER_MARK.length())
                                .replace("kB", "")
                                .strip();
                        return Long.parseLong(kilobytes) * 1024;
                    }
                }
            } catch (IOException unreadable) {
                // A hardened system hides it; the heap is known anyway.
            }
        }
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .map(MemoryPoolMXBean::getPeakUsage)
                .mapToLong(usage -> usage.getUsed())
                .sum();
    }
}
