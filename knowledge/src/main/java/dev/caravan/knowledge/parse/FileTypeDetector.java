package dev.caravan.knowledge.parse;

import dev.caravan.knowledge.parse.DocumentParseException.Code;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.apache.poi.EncryptedDocumentException;
import org.apache.poi.poifs.filesystem.DirectoryEntry;
import org.apache.poi.poifs.filesystem.POIFSFileSystem;
import org.apache.tika.io.TikaInputStream;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.metadata.TikaCoreProperties;
import org.apache.tika.mime.MimeTypes;

/**
 * Decides what a file is. The content decides; the name only tells Markdown, HTML and plain text apart, so that a
 * mislabelled file is read as what it is or refused, never garbled.
 */
final class FileTypeDetector {

    private static final int HEAD_BYTES = 8192;
    private static final Pattern HTML_START = Pattern.compile(
            "^\\s*(<\\?xml[^>]*>\\s*)?(<!--.*?-->\\s*)*<(!doctype html|html|head|body)\\b.*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private FileTypeDetector() {}

    /**
     * The type of a file that is not empty.
     *
     * @throws DocumentParseException with UNSUPPORTED_TYPE, ENCRYPTED or BROKEN
     */
    static FileType detect(Path file, String filename) {
        try {
            byte[] head = head(file);
            if (startsWith(head, 'P', 'K', 3, 4) || startsWith(head, 'P', 'K', 5, 6)) {
                return zipType(file);
            }
            if (startsWith(head, 0xD0, 0xCF, 0x11, 0xE0)) {
                return compoundType(file);
            }
            String latin = new String(head, StandardCharsets.ISO_8859_1);
            int pdf = latin.indexOf("%PDF-");
            if (pdf >= 0 && pdf < 1024) {
                return FileType.PDF;
            }
            return textType(file, head, latin, filename.toLowerCase(Locale.ROOT));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FileType zipType(Path file) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            if (zip.getEntry("word/document.xml") != null) {
                return FileType.DOCX;
            }
            if (zip.getEntry("Contents/content.hpf") != null) {
                return FileType.HWPX;
            }
            throw unsupported("a ZIP archive that is neither DOCX nor HWPX");
        } catch (ZipException e) {
            throw new DocumentParseException(
                    Code.BROKEN, "The file is damaged: its ZIP directory cannot be read; save it anew.", e);
        }
    }

    /** OLE2 compound files: HWP 5, encrypted Office files, and the old Office formats. */
    private static FileType compoundType(Path file) {
        try (POIFSFileSystem compound = new POIFSFileSystem(file.toFile(), true)) {
            DirectoryEntry root = compound.getRoot();
            if (root.hasEntry("FileHeader") && (root.hasEntry("BodyText") || root.hasEntry("ViewText"))) {
                return FileType.HWP;
            }
            if (root.hasEntry("EncryptedPackage")) {
                throw encrypted();
            }
            throw unsupported("an old Office format (DOC, XLS or PPT); save it as DOCX or PDF");
        } catch (EncryptedDocumentException e) {
            throw encrypted();
        } catch (IOException | RuntimeException e) {
            if (e instanceof DocumentParseException known) {
                throw known;
            }
            throw new DocumentParseException(
                    Code.BROKEN, "The file is damaged: its container cannot be read; save it anew.", e);
        }
    }

    private static FileType textType(Path file, byte[] head, String latin, String name) throws IOException {
        if (!TextDecoder.looksLikeText(head)) {
            throw unsupported("of the type " + mimeType(file, name));
        }
        if (HTML_START.matcher(latin).matches()) {
            return FileType.HTML;
        }
        if (latin.startsWith("{\\rtf")) {
            throw unsupported("an RTF file; save it as DOCX or PDF");
        }
        if (name.endsWith(".md") || name.endsWith(".markdown")) {
            return FileType.MARKDOWN;
        }
        return name.endsWith(".html") || name.endsWith(".htm") || name.endsWith(".xhtml")
                ? FileType.HTML
                : FileType.TEXT;
    }

    private static String mimeType(Path file, String name) throws IOException {
        Metadata metadata = new Metadata();
        metadata.set(TikaCoreProperties.RESOURCE_NAME_KEY, name);
        try (TikaInputStream stream = TikaInputStream.get(file)) {
            return MimeTypes.getDefaultMimeTypes().detect(stream, metadata).toString();
        }
    }

    static DocumentParseException encrypted() {
        return new DocumentParseException(
                Code.ENCRYPTED, "The file is protected by a password; remove the password and upload it again.");
    }

    private static DocumentParseException unsupported(String what) {
        return new DocumentParseException(
                Code.UNSUPPORTED_TYPE,
                "The file is " + what + "; PDF, DOCX, HWP, HWPX, HTML, Markdown and text files can be read.");
    }

    private static byte[] head(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(HEAD_BYTES);
        }
    }

    private static boolean startsWith(byte[] head, int... magic) {
        if (head.length < magic.length) {
            return false;
        }
        for (int index = 0; index < magic.length; index++) {
            if ((head[index] & 0xFF) != magic[index]) {
                return false;
            }
        }
        return true;
    }
}
