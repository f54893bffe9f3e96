/**
 * Output that keeps to a JSON schema or to a grammar: {@link dev.caravan.engine.grammar.JsonSchemaGrammar} and the GBNF
 * notation give a {@link dev.caravan.engine.grammar.Grammar}; with the bytes of a vocabulary it becomes a
 * {@link dev.caravan.engine.grammar.TokenGrammar}, and one per answer a
 * {@link dev.caravan.engine.grammar.GrammarConstraint}. Knows {@code tokenizer} and, of {@code generate}, the interface
 * {@code TokenConstraint}.
 */
@NullMarked
package dev.caravan.engine.grammar;

import org.jspecify.annotations.NullMarked;
