/**
 * A small HTTP/1.1 server on one thread: it reads whole requests and writes whatever the handler
 * decides, including what no proper server would write (nothing, half a reply, a reset). It knows
 * nothing of Claude.
 */
@NullMarked
package io.millrace.simulator.http;

import org.jspecify.annotations.NullMarked;
