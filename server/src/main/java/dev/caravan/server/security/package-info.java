/**
 * Who may speak to the server: this machine's own programs and the server's own page, and nobody by way of another
 * page in the browser. Servlet filters; Spring Security comes with the first login.
 */
@NullMarked
package dev.caravan.server.security;

import org.jspecify.annotations.NullMarked;
