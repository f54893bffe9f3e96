package dev.caravan.knowledge.parse;

import dev.caravan.knowledge.parse.DocumentParseException.Code;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Refuses zip bombs before a library unpacks them. Sizes in a ZIP directory can lie, so every entry is inflated once
 * and counted, and nothing of it is kept.
 */
final class ZipGuard {

    private static final int MAXIMUM_ENTRIES = 10_000;
    private static final long RATIO_FLOOR_BYTES = 32L << 20;
    private static final long MAXIMUM_RATIO = 100;

    private ZipGuard() {}

    /**
     * Checks an archive.
     *
     * @throws DocumentParseException with ZIP_BOMB, or BROKEN if an entry cannot be inflated
     */
    static void check(Path file, long maximumInflatedBytes) throws IOException {
        // Beyond a size that no real document needs, what unpacks to over a hundred times the file is refused.
        long limit = Math.min(maximumInflatedBytes, Math.max(RATIO_FLOOR_BYTES, Files.size(file) * MAXIMUM_RATIO));
        long total = 0;
        int entries = 0;
        byte[] scratch = new byte[64 << 10];
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
                if (++entries > MAXIMUM_ENTRIES) {
                    throw bomb();
                }
                try (InputStream in = zip.getInputStream(all.nextElement())) {
                    for (int count = in.read(scratch); count >= 0; count = in.read(scratch)) {
                        total += count;
                        if (total > limit) {
                            throw bomb();
                        }
                    }
                }
            }
        } catch (ZipException e) {
            throw new DocumentParseException(Code.BROKEN, DocumentFormats.BROKEN_MESSAGE, e);
        }
    }

    static DocumentParseException bomb() {
        return new DocumentParseException(
                Code.ZIP_BOMB, "The file unpacks to far more data than a document holds; it was not read.");
    }
}
