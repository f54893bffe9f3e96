/**
 * Module knowledge on this server's database and models. Entry: {@link dev.caravan.server.knowledge.KnowledgeService}.
 */
@NullMarked
package dev.caravan.server.knowledge;

import org.jspecify.annotations.NullMarked;
