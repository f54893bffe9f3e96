/**
 * The models in service: loaded in the background at start, listed under {@code /v1/models}. Entry: {@link
 * dev.caravan.server.models.ModelRegistry}.
 */
@NullMarked
package dev.caravan.server.models;

import org.jspecify.annotations.NullMarked;
