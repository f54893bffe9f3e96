package dev.caravan.knowledge.parse;

import dev.caravan.knowledge.parse.DocumentParseException.Code;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** Main class of the child JVM of {@link ParserProcess}: reads files until its standard input ends. */
final class ParserChild {

    /** The child leaves with this status when its heap is too small for a file; the JVM's own choice too. */
    static final int EXIT_OUT_OF_MEMORY = 3;

    private ParserChild() {}

    /**
     * Serves requests.
     *
     * @param arguments file bytes, characters and inflated bytes allowed
     */
    public static void main(String[] arguments) throws IOException {
        ParserLimits limits = new ParserLimits(
                64,
                Duration.ofDays(1),
                Duration.ZERO,
                Long.parseLong(arguments[0]),
                Integer.parseInt(arguments[1]),
                Long.parseLong(arguments[2]));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
        // A library that prints must not write into the protocol.
        System.setOut(new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        DocumentFormats formats = new DocumentFormats(limits);
        while (true) {
            String path;
            try {
                path = ParserProtocol.readString(in, ParserProtocol.MAXIMUM_SHORT_STRING_BYTES);
            } catch (EOFException e) {
                return;
            }
            String filename = ParserProtocol.readString(in, ParserProtocol.MAXIMUM_SHORT_STRING_BYTES);
            answer(formats, Path.of(path), filename, out);
        }
    }

    private static void answer(DocumentFormats formats, Path file, String filename, DataOutputStream out)
            throws IOException {
        try {
            ParserProtocol.writeDocument(out, formats.read(file, filename));
        } catch (DocumentParseException e) {
            ParserProtocol.writeFailure(out, e);
        } catch (OutOfMemoryError e) {
            // What is left of this JVM is not worth trusting.
            Runtime.getRuntime().halt(EXIT_OUT_OF_MEMORY);
        } catch (LinkageError e) {
            ParserProtocol.writeFailure(
                    out, new DocumentParseException(Code.BROKEN, DocumentFormats.BROKEN_MESSAGE, e));
        }
    }
}
