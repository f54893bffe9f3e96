/**
 * The tables of the knowledge module (prefix {@code knowledge_}): one repository per group of tables, SQL in
 * resources, plain JDBC. Entry types: {@link dev.caravan.knowledge.store.DocumentRepository},
 * {@link dev.caravan.knowledge.store.DocumentTexts}. Used by {@code ingest} and {@code retrieve}.
 */
@NullMarked
package dev.caravan.knowledge.store;

import org.jspecify.annotations.NullMarked;
