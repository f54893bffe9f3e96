/**
 * OpenAI's chat completions, plain and streamed, with the extensions {@code file_search} and {@code conversation}. Flow:
 * {@link dev.caravan.server.chat.ChatCompletionsController} reads the request, {@link dev.caravan.server.chat.ChatService}
 * answers it with the model or the RAG chain and stores the answer, {@link dev.caravan.server.chat.AnswerWriter} sends it.
 */
@NullMarked
package dev.caravan.server.chat;

import org.jspecify.annotations.NullMarked;
