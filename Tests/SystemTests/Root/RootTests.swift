import Foundation
import Testing

/// What needs root: mounting, sandboxes, a Postfix. `make test-root` runs these and no other tests; the relays in them have no
/// privileges there either.
@Suite(
    "What needs root",
    .enabled(if: geteuid() == 0, "needs root: run make test-root"))
enum RootTests {}
