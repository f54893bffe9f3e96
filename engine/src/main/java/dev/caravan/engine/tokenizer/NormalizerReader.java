package dev.caravan.engine.tokenizer;

import dev.caravan.engine.format.json.JsonObject;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;

/** The normaliser of a {@code tokenizer.json}. */
final class NormalizerReader {

    private static final int MAX_STEPS = 64;

    private NormalizerReader() {}

    /**
     * Reads the key {@code normalizer}.
     *
     * @throws dev.caravan.engine.ModelFormatException if it holds something that is not known
     */
    static TextNormalizer read(JsonObject file) {
        Optional<JsonObject> normalizer = file.object("normalizer");
        if (normalizer.isEmpty()) {
            return text -> text;
        }
        List<TextNormalizer> steps = new ArrayList<>();
        add(normalizer.get(), steps);
        return chain(steps);
    }

    /** Steps one after another; a text that they blow up is refused. */
    static TextNormalizer chain(List<TextNormalizer> steps) {
        List<TextNormalizer> all = List.copyOf(steps);
        return text -> {
            String normalized = text;
            for (TextNormalizer step : all) {
                normalized = step.normalize(normalized);
                ReplaceNormalizer.requireBounded(normalized.length(), text.length());
            }
            return normalized;
        };
    }

    private static void add(JsonObject json, List<TextNormalizer> steps) {
        if (steps.size() >= MAX_STEPS) {
            throw json.refused("the normalizer has more than %d steps".formatted(MAX_STEPS));
        }
        String type = json.string("type");
        switch (type) {
            case "Sequence" -> json.objects("normalizers").forEach(step -> add(step, steps));
            case "NFC" -> steps.add(form(Normalizer.Form.NFC));
            case "NFD" -> steps.add(form(Normalizer.Form.NFD));
            case "NFKC" -> steps.add(form(Normalizer.Form.NFKC));
            case "NFKD" -> steps.add(form(Normalizer.Form.NFKD));
            case "Lowercase" -> steps.add(NormalizerReader::lowerCase);
            case "StripAccents" -> steps.add(without(UnicodeKinds::isMark));
            case "Strip" -> steps.add(strip(json.flag("strip_left", false), json.flag("strip_right", false)));
            case "Prepend" -> {
                String prefix = json.string("prepend");
                steps.add(text -> text.isEmpty() ? text : prefix.concat(text));
            }
            case "Replace" -> steps.add(new ReplaceNormalizer(pattern(json), json.string("content")));
            case "Nmt" -> steps.add(new NmtNormalizer());
            case "Precompiled" -> steps.add(precompiled(json));
            case "BertNormalizer" -> steps.add(bert(json));
            default ->
                throw json.refused(
                        "%s is '%s', a normalizer that is not supported".formatted(json.place("type"), type));
        }
    }

    private static TextNormalizer form(Normalizer.Form form) {
        return text -> Normalizer.normalize(text, form);
    }

    private static String lowerCase(String text) {
        StringBuilder lower = new StringBuilder(text.length());
        text.codePoints().forEach(codePoint -> UnicodeKinds.appendLowerCase(lower, codePoint));
        return lower.toString();
    }

    static TextNormalizer without(IntPredicate kind) {
        return text -> {
            StringBuilder kept = new StringBuilder(text.length());
            text.codePoints().filter(kind.negate()).forEach(kept::appendCodePoint);
            return kept.toString();
        };
    }

    static TextNormalizer strip(boolean left, boolean right) {
        return text -> {
            int start = 0;
            int end = text.length();
            while (left && start < end && UnicodeKinds.isWhiteSpace(text.charAt(start))) {
                start++;
            }
            while (right && end > start && UnicodeKinds.isWhiteSpace(text.charAt(end - 1))) {
                end--;
            }
            return text.substring(start, end);
        };
    }

    private static TextNormalizer bert(JsonObject json) {
        boolean lowercase = json.flag("lowercase", true);
        return new BertNormalizer(
                json.flag("clean_text", true),
                json.flag("handle_chinese_chars", true),
                json.flag("strip_accents", lowercase),
                lowercase);
    }

    private static TextNormalizer precompiled(JsonObject json) {
        try {
            return new PrecompiledCharsMap(
                    Base64.getDecoder().decode(json.string("precompiled_charsmap")),
                    PrecompiledCharsMap.Matching.GRAPHEMES);
        } catch (IllegalArgumentException unsound) {
            throw json.refused("the key %s is not sound (%s); fetch the file again"
                    .formatted(json.place("precompiled_charsmap"), unsound.getMessage()));
        }
    }

    /** The pattern of a Split or Replace: {@code {"String": ...}} or {@code {"Regex": ...}}. */
    static TextPattern pattern(JsonObject json) {
        JsonObject pattern = json.object("pattern")
                .orElseThrow(() -> json.refused("the key %s is missing".formatted(json.place("pattern"))));
        for (Map.Entry<String, ?> entry : pattern.values().entrySet()) {
            switch (entry.getKey()) {
                case "String" -> {
                    return TextPattern.literal(pattern.string("String"));
                }
                case "Regex" -> {
                    try {
                        return RegexPattern.compile(pattern.string("Regex"));
                    } catch (IllegalArgumentException unsupported) {
                        throw json.refused("%s: %s".formatted(pattern.place("Regex"), unsupported.getMessage()));
                    }
                }
                default ->
                    throw json.refused(
                            "the key %s is a pattern that is not supported".formatted(pattern.place(entry.getKey())));
            }
        }
        throw json.refused("the key %s should hold a pattern and is empty".formatted(json.place("pattern")));
    }
}
