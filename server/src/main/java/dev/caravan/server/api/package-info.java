/**
 * What every route shares: errors in OpenAI's envelope ({@link dev.caravan.server.api.ApiException}), request fields
 * ({@link dev.caravan.server.api.JsonFields}), ids and pages. Uses no other feature.
 */
@NullMarked
package dev.caravan.server.api;

import org.jspecify.annotations.NullMarked;
