package dev.caravan.engine.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Turns tokens to text while they come. A character whose bytes are spread over several tokens appears with the last of
 * them; bytes that cannot become a character any more appear as U+FFFD. All pushes and the finish together equal the
 * decoding of all bytes at once. For one answer and one thread.
 */
public final class StreamingDecoder {
    private final Tokenizer tokenizer;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private byte[] pending = new byte[0];
    /** Spaces that are dropped as long as nothing else has come. */
    private int spacesToDrop;

    public StreamingDecoder(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        this.spacesToDrop = tokenizer.leadingSpaces();
    }

    /** The characters that this token completes; often none. */
    public String push(int token) {
        return decode(tokenizer.bytes(token), false);
    }

    /** What is left at the end: U+FFFD if the last character is incomplete, else nothing. */
    public String finish() {
        String rest = decode(new byte[0], true);
        decoder.reset();
        return rest;
    }

    private String decode(byte[] bytes, boolean end) {
        ByteBuffer input = ByteBuffer.allocate(pending.length + bytes.length)
                .put(pending)
                .put(bytes)
                .flip();
        CharBuffer output = CharBuffer.allocate(input.remaining() + 1);
        decoder.decode(input, output, end);
        if (end) {
            decoder.flush(output);
        }
        pending = new byte[input.remaining()];
        input.get(pending);
        return withoutLeadingSpaces(output.flip().toString());
    }

    private String withoutLeadingSpaces(String text) {
        int start = 0;
        while (spacesToDrop > 0 && start < text.length()) {
            boolean isSpace = text.charAt(start) == ' ';
            start += isSpace ? 1 : 0;
            spacesToDrop = isSpace ? spacesToDrop - 1 : 0;
        }
        return text.substring(start);
    }
}
