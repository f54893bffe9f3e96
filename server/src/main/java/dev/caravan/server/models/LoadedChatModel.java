package dev.caravan.server.models;

import dev.caravan.engine.LanguageModel;
import dev.caravan.langchain4j.CaravanStreamingChatModel;
import java.time.Instant;

/**
 * A chat model that answers.
 *
 * @param created when its file was written
 */
public record LoadedChatModel(String id, LanguageModel model, CaravanStreamingChatModel streaming, Instant created) {}
