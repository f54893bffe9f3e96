package dev.caravan.engine.tokenizer;

import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * The steps of Hugging Face's {@code tokenizers} library one after another: added tokens are cut out of the text, what is
 * left is normalised, cut out of once more, cut into words, and spelled in tokens by the model. Immutable and thread-safe.
 */
final class PipelineTokenizer implements Tokenizer {

    /**
     * The steps.
     *
     * @param added the tokens that are looked for in the text
     */
    record Steps(
            TextNormalizer normalizer,
            PreTokenizerStep preTokenizer,
            TokenModel model,
            TokenDecoder decoder,
            PostProcessor postProcessor,
            Collection<AddedToken> added) {}

    private final TokenVocabulary vocabulary;
    private final Steps steps;
    private final AddedTokens added;
    private final SpecialIds specialIds;
    /** Control tokens that stand for nothing in an answer. */
    private final Set<Integer> silent = new HashSet<>();

    PipelineTokenizer(TokenVocabulary vocabulary, Steps steps, SpecialIds specialIds) {
        this.vocabulary = vocabulary;
        this.steps = steps;
        this.added = new AddedTokens(steps.added(), steps.normalizer());
        this.specialIds = specialIds;
        specialIds.requireWithin(vocabulary.size());
        for (AddedToken token : steps.added()) {
            if (token.special() && !MarkupTokens.isShown(token.content(), token.id(), specialIds)) {
                silent.add(token.id());
            }
        }
    }

    @Override
    public int vocabSize() {
        return vocabulary.size();
    }

    @Override
    public int[] encode(String text, Specials specials) {
        return encode(text, SpecialTokenSplitter.marks(text, specials));
    }

    @Override
    public int[] encode(String text, BitSet asText) {
        Encoding encoding = new Encoding(Utf8.wellFormed(text), asText);
        added.split(encoding.text, asText, encoding);
        return encoding.ids.toArray();
    }

    /** One call of encode: takes what lies between the added tokens of the text as it came. */
    private final class Encoding implements SpecialTokenSplitter.Sink {
        private final String text;
        private final boolean recognizesControl;
        private final TokenBuffer ids = new TokenBuffer();
        private final PreTokenizerStep.PartSink model = steps.model().encoder(ids);

        Encoding(String text, BitSet asText) {
            this.text = text;
            this.recognizesControl = asText.isEmpty();
        }

        @Override
        public void token(int id) {
            ids.add(id);
        }

        @Override
        public void text(int start, int end) {
            String normalized = steps.normalizer().normalize(text.substring(start, end));
            added.splitNormalized(normalized, recognizesControl, new SpecialTokenSplitter.Sink() {
                @Override
                public void token(int id) {
                    ids.add(id);
                }

                @Override
                public void text(int from, int to) {
                    boolean first = start == 0 && from == 0;
                    steps.preTokenizer().split(normalized, from, to, first, model);
                }
            });
        }
    }

    @Override
    public byte[] bytes(int token) {
        String spelling = vocabulary.spelling(token);
        return silent.contains(token) || spelling.isEmpty()
                ? new byte[0]
                : steps.decoder().bytes(spelling);
    }

    @Override
    public String spelling(int token) {
        return vocabulary.spelling(token);
    }

    @Override
    public int leadingSpaces() {
        return steps.decoder().leadingSpaces();
    }

    @Override
    public int bosToken() {
        return specialIds.bos();
    }

    @Override
    public boolean addsBos() {
        return specialIds.addsBos();
    }

    @Override
    public Set<Integer> endTokens() {
        return specialIds.endTokens();
    }

    @Override
    public PostProcessor postProcessor() {
        return steps.postProcessor();
    }
}
