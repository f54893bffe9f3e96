package dev.caravan.knowledge.text;

import dev.caravan.knowledge.text.Codes.Code;
import dev.caravan.knowledge.text.Term.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.ko.KoreanTokenizer;
import org.apache.lucene.analysis.ko.KoreanTokenizer.DecompoundMode;
import org.apache.lucene.analysis.ko.POS;
import org.apache.lucene.analysis.ko.tokenattributes.PartOfSpeechAttribute;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;
import org.tartarus.snowball.ext.EnglishStemmer;

/**
 * Text to terms: Lucene's Nori for Korean (stems of nouns and verbs; particles and endings are dropped), Snowball stems
 * for English, numbers by value and identifiers whole, bigrams for Hangul that the dictionary does not know.
 * Thread-safe. The dictionary (some 20 MB) is loaded at the first use.
 */
public final class TermAnalyzer {

    private static final int MAXIMUM_TERM_CHARACTERS = 64;

    private final Analyzer nori;
    private final boolean keepsCompounds;

    private TermAnalyzer(boolean keepsCompounds) {
        this.keepsCompounds = keepsCompounds;
        DecompoundMode mode = keepsCompounds ? DecompoundMode.MIXED : DecompoundMode.DISCARD;
        nori = new Analyzer() {
            @Override
            protected TokenStreamComponents createComponents(String fieldName) {
                Tokenizer tokenizer =
                        new KoreanTokenizer(TokenStream.DEFAULT_TOKEN_ATTRIBUTE_FACTORY, null, mode, false, true);
                return new TokenStreamComponents(tokenizer);
            }
        };
    }

    /** For searching: compounds and unknown words both whole and in parts, so that either finds the other. */
    public static TermAnalyzer forSearch() {
        return new TermAnalyzer(true);
    }

    /** For comparing statements: parts only, so that each word counts once. */
    public static TermAnalyzer forComparison() {
        return new TermAnalyzer(false);
    }

    /** The terms of a text in its order, repeated where they occur again. */
    public List<Term> analyze(String text) {
        List<Term> terms = new ArrayList<>();
        analyze(text, terms, new Negations());
        return terms;
    }

    /** The terms of a sentence, those apart that it denies. */
    public Statement statement(String sentence) {
        List<Term> terms = new ArrayList<>();
        Negations negations = new Negations();
        analyze(sentence, terms, negations);
        return negations.statement(terms);
    }

    private void analyze(String text, List<Term> terms, Negations negations) {
        List<Code> codes = Codes.find(text);
        try (TokenStream tokens = nori.tokenStream("text", text)) {
            CharTermAttribute term = tokens.addAttribute(CharTermAttribute.class);
            OffsetAttribute offset = tokens.addAttribute(OffsetAttribute.class);
            PartOfSpeechAttribute speech = tokens.addAttribute(PartOfSpeechAttribute.class);
            EnglishStemmer stemmer = new EnglishStemmer();
            UnknownRun unknown = new UnknownRun(keepsCompounds);
            int nextCode = 0;
            tokens.reset();
            while (tokens.incrementToken()) {
                while (nextCode < codes.size() && codes.get(nextCode).span().end() <= offset.startOffset()) {
                    terms.addAll(codes.get(nextCode++).terms());
                }
                boolean insideCode =
                        nextCode < codes.size() && codes.get(nextCode).span().start() < offset.endOffset();
                if (insideCode) {
                    continue;
                }
                // The dictionary cuts an unknown word into unknown pieces; they are joined again.
                if (unknown.isUnknown(speech)) {
                    unknown.append(term.toString(), offset, terms);
                } else {
                    unknown.flush(terms);
                    add(term.toString(), speech, stemmer, terms);
                }
                String surface = text.substring(offset.startOffset(), offset.endOffset());
                negations.token(term.toString(), surface, speech.getLeftPOS(), terms);
            }
            unknown.flush(terms);
            tokens.end();
            for (Code code : codes.subList(nextCode, codes.size())) {
                terms.addAll(code.terms());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void add(String token, PartOfSpeechAttribute speech, EnglishStemmer stemmer, List<Term> terms) {
        String word = token.toLowerCase(Locale.ROOT);
        POS.Tag tag = speech.getLeftPOS();
        if (word.length() > MAXIMUM_TERM_CHARACTERS || tag == null) {
            return;
        }
        // An inflected form stands beside its morphemes; the morphemes are what is searched.
        if (speech.getPOSType() == POS.Type.INFLECT || speech.getPOSType() == POS.Type.PREANALYSIS) {
            return;
        }
        switch (tag) {
            case NNG, NNP, NR, XR, VV, VA, SH -> {
                if (!StopWords.isKorean(word)) {
                    terms.add(new Term(word, Kind.WORD));
                }
            }
            case SL -> addForeign(word, stemmer, terms);
            default -> {
                // Particles, endings, affixes, adverbs, symbols: no subject matter. Digits: see Codes.
            }
        }
    }

    private static void addForeign(String word, EnglishStemmer stemmer, List<Term> terms) {
        if (StopWords.isEnglish(word)) {
            return;
        }
        stemmer.setCurrent(word);
        terms.add(new Term(stemmer.stem() ? stemmer.getCurrent() : word, Kind.WORD));
    }

    /** Neighbouring pieces of one word that the dictionary does not know. */
    private static final class UnknownRun {

        private final boolean keepsWhole;
        private final StringBuilder word = new StringBuilder();
        private int end;

        UnknownRun(boolean keepsWhole) {
            this.keepsWhole = keepsWhole;
        }

        boolean isUnknown(PartOfSpeechAttribute speech) {
            POS.Tag tag = speech.getLeftPOS();
            return tag == POS.Tag.UNKNOWN || tag == POS.Tag.UNA || tag == POS.Tag.NA;
        }

        void append(String piece, OffsetAttribute offset, List<Term> terms) {
            if (offset.startOffset() != end || word.length() + piece.length() > MAXIMUM_TERM_CHARACTERS) {
                flush(terms);
            }
            if (piece.length() <= MAXIMUM_TERM_CHARACTERS) {
                word.append(piece.toLowerCase(Locale.ROOT));
            }
            end = offset.endOffset();
        }

        void flush(List<Term> terms) {
            if (!word.isEmpty() && (keepsWhole || word.length() < 3)) {
                terms.add(new Term(word.toString(), Kind.WORD));
            }
            if (word.length() >= 3) {
                for (int index = 0; index + 2 <= word.length(); index++) {
                    terms.add(new Term(word.substring(index, index + 2), Kind.WORD));
                }
            }
            word.setLength(0);
        }
    }
}
