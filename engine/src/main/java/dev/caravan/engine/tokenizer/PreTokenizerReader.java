package dev.caravan.engine.tokenizer;

import dev.caravan.engine.format.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The pre-tokenizer of a {@code tokenizer.json}. */
final class PreTokenizerReader {

    private static final int MAX_STEPS = 32;

    /** {@code \w+|[^\w\s]+} of the {@code regex} crate. */
    private static final TextPattern WORDS_AND_SIGNS =
            RegexPattern.compile("[\\w\\u200C\\u200D]+|[^\\w\\s\\u200C\\u200D]+");

    private PreTokenizerReader() {}

    /**
     * Reads the key {@code pre_tokenizer}.
     *
     * @throws dev.caravan.engine.ModelFormatException if it holds something that is not known
     */
    static PreTokenizerStep read(JsonObject file) {
        Optional<JsonObject> preTokenizer = file.object("pre_tokenizer");
        List<PreTokenizerStep> steps = new ArrayList<>();
        preTokenizer.ifPresent(json -> add(json, steps));
        return chain(steps);
    }

    /** Steps one after another; without any, the text is one part. */
    static PreTokenizerStep chain(List<PreTokenizerStep> steps) {
        PreTokenizerStep chain = (text, start, end, first, next) -> next.part(text, start, end, first);
        for (int i = steps.size() - 1; i >= 0; i--) {
            PreTokenizerStep step = steps.get(i);
            PreTokenizerStep rest = chain;
            boolean isLast = i == steps.size() - 1;
            chain = isLast
                    ? step
                    : (text, start, end, first, next) -> step.split(
                            text,
                            start,
                            end,
                            first,
                            (part, from, to, isFirst) -> rest.split(part, from, to, isFirst, next));
        }
        return chain;
    }

    private static void add(JsonObject json, List<PreTokenizerStep> steps) {
        if (steps.size() >= MAX_STEPS) {
            throw json.refused("the pre_tokenizer has more than %d steps".formatted(MAX_STEPS));
        }
        String type = json.string("type");
        switch (type) {
            case "Sequence" -> json.objects("pretokenizers").forEach(step -> add(step, steps));
            case "Split" ->
                steps.add(new SplitStep(
                        NormalizerReader.pattern(json), behavior(json, null), json.flag("invert", false)));
            case "Digits" ->
                steps.add(new SplitStep(
                        TextPattern.codePoints(UnicodeKinds::isNumeric),
                        json.flag("individual_digits", false)
                                ? SplitStep.Behavior.ISOLATED
                                : SplitStep.Behavior.CONTIGUOUS));
            case "Punctuation" -> steps.add(punctuation(behavior(json, "Isolated")));
            case "Whitespace" -> steps.add(new SplitStep(WORDS_AND_SIGNS, SplitStep.Behavior.REMOVED, true));
            case "WhitespaceSplit" -> steps.add(whiteSpace());
            case "BertPreTokenizer" -> steps.addAll(bert());
            case "ByteLevel" ->
                steps.add(new ByteLevelStep(json.flag("add_prefix_space", true), json.flag("use_regex", true)));
            case "Metaspace" -> steps.add(metaspace(json));
            default ->
                throw json.refused(
                        "%s is '%s', a pre-tokenizer that is not supported".formatted(json.place("type"), type));
        }
    }

    /** BERT's: words between white space, punctuation apart. */
    static List<PreTokenizerStep> bert() {
        return List.of(whiteSpace(), punctuation(SplitStep.Behavior.ISOLATED));
    }

    private static PreTokenizerStep whiteSpace() {
        return new SplitStep(TextPattern.codePoints(UnicodeKinds::isWhiteSpace), SplitStep.Behavior.REMOVED);
    }

    private static PreTokenizerStep punctuation(SplitStep.Behavior behavior) {
        return new SplitStep(TextPattern.codePoints(UnicodeKinds::isPunctuation), behavior);
    }

    private static SplitStep.Behavior behavior(JsonObject json, @Nullable String otherwise) {
        String name = otherwise == null ? json.string("behavior") : json.string("behavior", otherwise);
        return switch (name) {
            case "Removed" -> SplitStep.Behavior.REMOVED;
            case "Isolated" -> SplitStep.Behavior.ISOLATED;
            case "MergedWithPrevious" -> SplitStep.Behavior.MERGED_WITH_PREVIOUS;
            case "MergedWithNext" -> SplitStep.Behavior.MERGED_WITH_NEXT;
            case "Contiguous" -> SplitStep.Behavior.CONTIGUOUS;
            default -> throw json.refused("%s is '%s', which is not known".formatted(json.place("behavior"), name));
        };
    }

    static MetaspaceStep metaspace(JsonObject json) {
        String mark = json.string("replacement");
        if (mark.length() != 1) {
            throw json.refused("%s should be one character; it is '%s'".formatted(json.place("replacement"), mark));
        }
        // Files of before 2024 say add_prefix_space instead.
        String scheme = json.string("prepend_scheme", json.flag("add_prefix_space", true) ? "always" : "never");
        MetaspaceStep.Prepend prepend = switch (scheme) {
            case "always" -> MetaspaceStep.Prepend.ALWAYS;
            case "first" -> MetaspaceStep.Prepend.FIRST;
            case "never" -> MetaspaceStep.Prepend.NEVER;
            default ->
                throw json.refused("%s is '%s', which is not known".formatted(json.place("prepend_scheme"), scheme));
        };
        if (prepend != MetaspaceStep.Prepend.NEVER && !json.flag("add_prefix_space", true)) {
            throw json.refused("%s and %s contradict one another; fetch the file again"
                    .formatted(json.place("add_prefix_space"), json.place("prepend_scheme")));
        }
        return new MetaspaceStep(mark.charAt(0), prepend, json.flag("split", true));
    }
}
