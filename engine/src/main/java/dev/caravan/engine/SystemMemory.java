package dev.caravan.engine;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the machine, or the container that this process runs in, has left. */
public final class SystemMemory {
    private static final Path MEMINFO = Path.of("/proc/meminfo");
    private static final String AVAILABLE = "MemAvailable:";

    private SystemMemory() {}

    /**
     * The bytes that can be used before the system swaps or kills: on Linux the kernel's own estimate, which counts the
     * page cache as free, bounded by the container's limit; elsewhere the free memory.
     */
    public static long availableBytes() {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        if (!Files.isReadable(MEMINFO)) {
            return system.getFreeMemorySize();
        }
        try {
            // The container's limit shows in the total; its use of it is not the whole machine's.
            return Math.min(availableBytes(Files.readAllLines(MEMINFO)), system.getTotalMemorySize());
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + MEMINFO, failure);
        }
    }

    static long availableBytes(List<String> meminfo) {
        for (String line : meminfo) {
            if (line.startsWith(AVAILABLE)) {
                String kilobytes =
                        line.substring(AVAILABLE.length()).replace("kB", "").strip();
                return Math.multiplyExact(Long.parseLong(kilobytes), 1024L);
            }
        }
        throw new IllegalStateException(MEMINFO + " has no line " + AVAILABLE);
    }
}
