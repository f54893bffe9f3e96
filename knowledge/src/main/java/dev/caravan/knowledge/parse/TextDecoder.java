package dev.caravan.knowledge.parse;

import dev.caravan.knowledge.parse.DocumentParseException.Code;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of a text file to characters. In order: byte order mark, strict UTF-8, what an HTML file declares, strict
 * CP949 (the superset of EUC-KR that Korean Windows writes), Windows-1252. Strict UTF-8 comes first because Korean text
 * in CP949 is practically never valid UTF-8, while the opposite happens.
 */
final class TextDecoder {

    private static final Charset CP949 = Charset.forName("x-windows-949");
    private static final Charset WINDOWS_1252 = Charset.forName("windows-1252");
    private static final Pattern META_CHARSET =
            Pattern.compile("<meta[^>]{0,200}?charset\\s*=\\s*[\"']?([\\w-]{2,40})", Pattern.CASE_INSENSITIVE);

    private TextDecoder() {}

    /** The text of a plain text or Markdown file. */
    static String decode(byte[] bytes) {
        return decode(bytes, null);
    }

    /** The text of an HTML file, which may declare its encoding. */
    static String decodeHtml(byte[] bytes) {
        String head = new String(bytes, 0, Math.min(bytes.length, 4096), StandardCharsets.ISO_8859_1);
        Matcher meta = META_CHARSET.matcher(head);
        return decode(bytes, meta.find() ? charset(meta.group(1)) : null);
    }

    private static String decode(byte[] bytes, @Nullable Charset declared) {
        Charset marked = byteOrderMark(bytes);
        if (marked != null) {
            return new String(bytes, marked);
        }
        for (Charset candidate : new @Nullable Charset[] {StandardCharsets.UTF_8, declared, CP949, WINDOWS_1252}) {
            String text = candidate == null ? null : strict(bytes, candidate);
            if (text != null) {
                return text;
            }
        }
        throw new DocumentParseException(
                Code.BROKEN,
                "The file is text in no encoding that Caravan knows; save it in UTF-8 and upload it again.");
    }

    /** Whether the start of a file is text in some encoding rather than binary data. */
    static boolean looksLikeText(byte[] head) {
        if (byteOrderMark(head) != null) {
            return true;
        }
        int controls = 0;
        for (byte value : head) {
            if (value == 0) {
                return false;
            }
            if (value > 0 && value < 0x20 && value != '\n' && value != '\r' && value != '\t' && value != '\f') {
                controls++;
            }
        }
        return controls * 100 <= head.length;
    }

    private static @Nullable Charset byteOrderMark(byte[] bytes) {
        if (bytes.length >= 3 && bytes[0] == (byte) 0xEF && bytes[1] == (byte) 0xBB && bytes[2] == (byte) 0xBF) {
            return StandardCharsets.UTF_8;
        }
        if (bytes.length >= 2 && bytes[0] == (byte) 0xFE && bytes[1] == (byte) 0xFF) {
            return StandardCharsets.UTF_16BE;
        }
        if (bytes.length >= 2 && bytes[0] == (byte) 0xFF && bytes[1] == (byte) 0xFE) {
            return StandardCharsets.UTF_16LE;
        }
        return null;
    }

    private static @Nullable String strict(byte[] bytes, Charset charset) {
        try {
            return charset.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private static @Nullable Charset charset(String name) {
        try {
            // Pages that declare EUC-KR hold CP949, its superset: browsers read them so too.
            return name.equalsIgnoreCase("euc-kr") || name.equalsIgnoreCase("ks_c_5601-1987")
                    ? CP949
                    : Charset.forName(name);
        } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
            return null;
        }
    }
}
