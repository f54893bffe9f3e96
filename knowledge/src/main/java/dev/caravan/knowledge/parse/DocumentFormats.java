package dev.caravan.knowledge.parse;

import dev.caravan.knowledge.parse.DocumentParseException.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads a file in this JVM: detects its type, guards against bombs, picks the format's reader. Runs in the child of
 * {@link ParserProcess}, because parsers of untrusted files may loop, crash or eat memory.
 */
final class DocumentFormats implements DocumentReader {

    static final String BROKEN_MESSAGE =
            "The file is damaged or not what its name says; open it, save it anew and " + "upload it again.";

    private final ParserLimits limits;

    DocumentFormats(ParserLimits limits) {
        this.limits = limits;
    }

    @Override
    public ParsedDocument read(Path file, String filename) {
        try {
            checkSize(file, limits);
            FileType type = FileTypeDetector.detect(file, filename);
            AnchoredTextBuilder out = new AnchoredTextBuilder(limits.maximumCharacters());
            read(file, type, out);
            return out.build(type.mediaType());
        } catch (DocumentParseException e) {
            throw e;
        } catch (IOException | RuntimeException | StackOverflowError e) {
            // The libraries throw anything at all on damaged files; whatever it is, the file is at fault.
            throw new DocumentParseException(Code.BROKEN, BROKEN_MESSAGE, e);
        }
    }

    /** Refuses empty and too large files. */
    static void checkSize(Path file, ParserLimits limits) throws IOException {
        long size = Files.size(file);
        if (size == 0) {
            throw new DocumentParseException(Code.EMPTY_FILE, "The file is empty (0 bytes); upload it again.");
        }
        if (size > limits.maximumFileBytes()) {
            throw new DocumentParseException(
                    Code.TOO_LARGE,
                    "The file has " + size + " bytes, more than the limit of " + limits.maximumFileBytes()
                            + "; split it into parts.");
        }
    }

    private void read(Path file, FileType type, AnchoredTextBuilder out) throws IOException {
        switch (type) {
            case PDF -> TikaFormats.readPdf(file, out);
            case DOCX -> {
                ZipGuard.check(file, limits.maximumInflatedBytes());
                TikaFormats.readDocx(file, out);
            }
            case HWP -> HwpFormat.read(file, out, limits.maximumInflatedBytes());
            case HWPX -> {
                ZipGuard.check(file, limits.maximumInflatedBytes());
                HwpxFormat.read(file, out);
            }
            case HTML -> HtmlFormat.read(TextDecoder.decodeHtml(Files.readAllBytes(file)), out);
            case MARKDOWN -> TextFormat.readMarkdown(TextDecoder.decode(Files.readAllBytes(file)), out);
            case TEXT -> TextFormat.readText(TextDecoder.decode(Files.readAllBytes(file)), out);
        }
    }
}
