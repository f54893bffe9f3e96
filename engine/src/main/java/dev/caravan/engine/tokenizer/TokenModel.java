package dev.caravan.engine.tokenizer;

/** A vocabulary and the way in which it spells a word: BPE, unigram or WordPiece. Immutable and thread-safe. */
interface TokenModel {

    /** The sink of one call of encode, with its own scratch: the words that it takes become ids. */
    PreTokenizerStep.PartSink encoder(TokenBuffer ids);
}
