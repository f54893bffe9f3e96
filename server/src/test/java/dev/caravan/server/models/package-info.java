@NullMarked
package dev.caravan.server.models;

import org.jspecify.annotations.NullMarked;
