package dev.caravan.knowledge.text;

import dev.caravan.knowledge.text.Term.Kind;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds numbers and identifiers. A morphological analyser cuts KT-2024-017 and 3.5% to pieces; people search for them
 * whole, and an answer with another number is another answer.
 */
final class Codes {

    private static final int MAXIMUM_TERM_CHARACTERS = 64;
    // At least one digit; inner separators join only letters and digits.
    private static final Pattern CODE = Pattern.compile(
            "(?<![A-Za-z0-9])(?=[A-Za-z]*[A-Za-z0-9._/:,-]*\\d)[A-Za-z0-9]+(?:[._/:,-][A-Za-z0-9]+)*(%?)(\\s?[천만억조](?![가-힣]*\\d))?");
    private static final Pattern PLAIN_NUMBER = Pattern.compile("\\d{1,3}(,\\d{3})+(\\.\\d+)?|\\d+(\\.\\d+)?");
    private static final Pattern PART_SEPARATOR = Pattern.compile("[._/:,-]");
    private static final Pattern DIGITS = Pattern.compile("\\d{1,18}");

    private Codes() {}

    /**
     * A number or identifier with the terms that stand for it.
     *
     * @param span where it is; the analyser's own tokens inside are left out
     */
    record Code(Span span, List<Term> terms) {}

    static List<Code> find(String text) {
        List<Code> codes = new ArrayList<>();
        Matcher matcher = CODE.matcher(text);
        while (matcher.find()) {
            String percent = matcher.group(1);
            String multiplier = matcher.group(2);
            int end = multiplier == null ? matcher.end() : matcher.start(2);
            String body = text.substring(matcher.start(), end - percent.length());
            if (body.length() <= MAXIMUM_TERM_CHARACTERS) {
                codes.add(new Code(new Span(matcher.start(), matcher.end()), terms(body, percent, multiplier)));
            }
        }
        return codes;
    }

    private static List<Term> terms(String body, String percent, @Nullable String multiplier) {
        List<Term> terms = new ArrayList<>();
        if (PLAIN_NUMBER.matcher(body).matches()) {
            terms.add(new Term(number(body, multiplier), Kind.NUMBER));
            if (!percent.isEmpty()) {
                terms.add(new Term(body + "%", Kind.WORD));
            }
            return terms;
        }
        String whole = body.toLowerCase(Locale.ROOT);
        String[] parts = PART_SEPARATOR.split(whole, -1);
        boolean onlyDigits = true;
        for (String part : parts) {
            onlyDigits &= DIGITS.matcher(part).matches();
        }
        // A date has as many spellings as people; its numbers are what must agree.
        terms.add(new Term(whole, onlyDigits ? Kind.WORD : Kind.IDENTIFIER));
        for (String part : parts) {
            if (onlyDigits) {
                terms.add(new Term(number(part, null), Kind.NUMBER));
            } else if (parts.length > 1) {
                terms.add(new Term(part, Kind.WORD));
            }
        }
        return terms;
    }

    private static String number(String digits, @Nullable String multiplier) {
        BigDecimal value = new BigDecimal(digits.replace(",", ""));
        if (multiplier != null) {
            int zeros = switch (multiplier.strip()) {
                case "천" -> 3;
                case "만" -> 4;
                case "억" -> 8;
                default -> 12;
            };
            value = value.scaleByPowerOfTen(zeros);
        }
        return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
    }
}
