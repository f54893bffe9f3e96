package dev.caravan.engine.template;

import java.math.BigDecimal;
import java.util.Locale;

/** Python's notions of white space, escapes and representations, where Java's differ. */
final class PythonStrings {
    private PythonStrings() {}

    /** {@code str.isspace} of one character; all of them lie in the basic plane. */
    static boolean isSpace(int character) {
        return switch (character) {
            case ' ', 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000 -> true;
            default ->
                (character >= 9 && character <= 13)
                        || (character >= 0x1C && character <= 0x1F)
                        || (character >= 0x2000 && character <= 0x200A);
        };
    }

    static String stripEnd(String text) {
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end);
    }

    /** The meaning of a string literal's body; unknown escapes stay as they are. */
    static String unescape(String body) {
        if (body.indexOf('\\') < 0) {
            return body;
        }
        StringBuilder text = new StringBuilder(body.length());
        for (int i = 0; i < body.length(); ) {
            char character = body.charAt(i++);
            if (character != '\\' || i == body.length()) {
                text.append(character);
                continue;
            }
            char escape = body.charAt(i++);
            int simple = "abfnrtv\\'\"\n".indexOf(escape);
            int digits = escape == 'x' ? 2 : escape == 'u' ? 4 : escape == 'U' ? 8 : 0;
            if (simple >= 0) {
                text.append("\u0007\b\f\n\r\t\u000b\\'\"".substring(Math.min(simple, 10), Math.min(simple + 1, 10)));
            } else if (digits > 0 && i + digits <= body.length()) {
                text.appendCodePoint(codePoint(body.substring(i, i + digits)));
                i += digits;
            } else if (escape >= '0' && escape <= '7') {
                int end = i;
                while (end < body.length() && end < i + 2 && body.charAt(end) >= '0' && body.charAt(end) <= '7') {
                    end++;
                }
                text.append((char) Integer.parseInt(body.substring(i - 1, end), 8));
                i = end;
            } else {
                text.append('\\').append(escape);
            }
        }
        return text.toString();
    }

    private static int codePoint(String hexadecimal) {
        try {
            int codePoint = Integer.parseUnsignedInt(hexadecimal, 16);
            if (Character.isValidCodePoint(codePoint)) {
                return codePoint;
            }
        } catch (NumberFormatException notHexadecimal) {
            // told below, together with numbers above U+10FFFF
        }
        throw new JinjaException("'%s' is not a character's number".formatted(hexadecimal));
    }

    /** {@code repr} of a string. */
    static String repr(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        StringBuilder quoted = new StringBuilder().append(quote);
        text.codePoints().forEach(codePoint -> {
            if (codePoint == quote || codePoint == '\\') {
                quoted.append('\\').append((char) codePoint);
            } else if (codePoint == '\n' || codePoint == '\r' || codePoint == '\t') {
                quoted.append('\\').append(codePoint == '\n' ? 'n' : codePoint == '\r' ? 'r' : 't');
            } else if (isPrintable(codePoint)) {
                quoted.appendCodePoint(codePoint);
            } else {
                String form = codePoint < 0x100 ? "\\x%02x" : codePoint < 0x10000 ? "\\u%04x" : "\\U%08x";
                quoted.append(form.formatted(codePoint));
            }
        });
        return quoted.append(quote).toString();
    }

    private static boolean isPrintable(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> codePoint == ' ';
            default -> true;
        };
    }

    /** {@code repr} of a float: the shortest digits, with an exponent below 1e-4 and from 1e16. */
    static String repr(double number) {
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            return Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        }
        if (number == 0) {
            return Double.doubleToRawLongBits(number) < 0 ? "-0.0" : "0.0";
        }
        BigDecimal exact = new BigDecimal(Double.toString(number)).stripTrailingZeros();
        int exponent = exact.precision() - exact.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = exact.toPlainString();
            return plain.indexOf('.') < 0 ? plain + ".0" : plain;
        }
        String digits = exact.unscaledValue().abs().toString();
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        return (number < 0 ? "-" : "")
                + mantissa
                + String.format(Locale.ROOT, "e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
    }
}
