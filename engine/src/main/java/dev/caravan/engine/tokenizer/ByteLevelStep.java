package dev.caravan.engine.tokenizer;

/**
 * Spells text in {@link ByteAlphabet}; before that, as the file says, a space comes in front and GPT-2's expression cuts
 * the text.
 */
record ByteLevelStep(boolean addsPrefixSpace, boolean usesRegex) implements PreTokenizerStep {

    private static final SplitStep WORDS = new SplitStep(
            RegexPattern.compile("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"),
            SplitStep.Behavior.ISOLATED);

    @Override
    public void split(String text, int start, int end, boolean first, PartSink next) {
        if (addsPrefixSpace && text.charAt(start) != ' ') {
            String spaced = " ".concat(text.substring(start, end));
            cut(spaced, 0, spaced.length(), first, next);
        } else {
            cut(text, start, end, first, next);
        }
    }

    private void cut(String text, int start, int end, boolean first, PartSink next) {
        if (usesRegex) {
            WORDS.split(text, start, end, first, (word, from, to, isFirst) -> spell(word, from, to, isFirst, next));
        } else {
            spell(text, start, end, first, next);
        }
    }

    private static void spell(String text, int start, int end, boolean first, PartSink next) {
        String spelled = ByteAlphabet.encode(text, start, end);
        next.part(spelled, 0, spelled.length(), first);
    }
}
