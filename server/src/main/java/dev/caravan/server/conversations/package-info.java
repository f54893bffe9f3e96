/**
 * Conversations: messages, their versions, and the citations that outlive the documents. Entry: {@link
 * dev.caravan.server.conversations.ConversationService}.
 */
@NullMarked
package dev.caravan.server.conversations;

import org.jspecify.annotations.NullMarked;
