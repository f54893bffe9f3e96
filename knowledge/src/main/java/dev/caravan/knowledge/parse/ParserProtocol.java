package dev.caravan.knowledge.parse;

import dev.caravan.knowledge.parse.DocumentParseException.Code;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@link ParserProcess} and {@link ParserChild} say to each other, over the child's standard input and output.
 * All numbers are big-endian ints.
 *
 * <pre>
 * request   path string | file name string
 * response  0 | media type string | text string | anchors | anchor * (start, end, page or 0, paragraph or 0)
 *           1 | code string | message string
 * string    bytes of UTF-8 | UTF-8
 * </pre>
 *
 * The parent believes nothing: every length is checked against a limit before anything is allocated, and the record
 * constructors check the spans.
 */
final class ParserProtocol {

    static final int MAXIMUM_SHORT_STRING_BYTES = 64 << 10;
    private static final int DOCUMENT = 0;
    private static final int FAILURE = 1;

    private ParserProtocol() {}

    static void writeRequest(DataOutputStream out, String path, String filename) throws IOException {
        writeString(out, path);
        writeString(out, filename);
        out.flush();
    }

    static void writeDocument(DataOutputStream out, ParsedDocument document) throws IOException {
        out.writeInt(DOCUMENT);
        writeString(out, document.mediaType());
        writeString(out, document.text());
        out.writeInt(document.anchors().size());
        for (Anchor anchor : document.anchors()) {
            out.writeInt(anchor.start());
            out.writeInt(anchor.end());
            out.writeInt(orZero(anchor.page()));
            out.writeInt(orZero(anchor.paragraph()));
        }
        out.flush();
    }

    static void writeFailure(DataOutputStream out, DocumentParseException failure) throws IOException {
        out.writeInt(FAILURE);
        writeString(out, failure.code().name());
        writeString(out, String.valueOf(failure.getMessage()));
        out.flush();
    }

    /**
     * Reads a response.
     *
     * @throws DocumentParseException if the child says that the file cannot be read
     * @throws IOException if the child died or does not keep to the protocol
     */
    static ParsedDocument readResponse(DataInputStream in, int maximumCharacters) throws IOException {
        int status = in.readInt();
        if (status == FAILURE) {
            Code code = Code.valueOf(readString(in, MAXIMUM_SHORT_STRING_BYTES));
            throw new DocumentParseException(code, readString(in, MAXIMUM_SHORT_STRING_BYTES));
        }
        if (status != DOCUMENT) {
            throw new IOException("parser answered with status " + status);
        }
        String mediaType = readString(in, MAXIMUM_SHORT_STRING_BYTES);
        String text = readString(in, (int) Math.min(Integer.MAX_VALUE - 8L, maximumCharacters * 3L));
        int count = in.readInt();
        if (count < 0 || count > text.length() + 1) {
            throw new IOException("parser announced " + count + " anchors for " + text.length() + " characters");
        }
        List<Anchor> anchors = new ArrayList<>(count);
        for (int index = 0; index < count; index++) {
            anchors.add(new Anchor(in.readInt(), in.readInt(), orNull(in.readInt()), orNull(in.readInt())));
        }
        return new ParsedDocument(text, anchors, mediaType);
    }

    static String readString(DataInputStream in, int maximumBytes) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > maximumBytes) {
            throw new IOException("string of " + length + " bytes where at most " + maximumBytes + " are allowed");
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void writeString(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static int orZero(@Nullable Integer number) {
        return number == null ? 0 : number;
    }

    private static @Nullable Integer orNull(int number) {
        return number == 0 ? null : number;
    }
}
