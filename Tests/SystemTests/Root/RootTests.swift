import Foundation
import Testing

/// Tests that need root: mounting, sandboxes, a Postfix. `make test-root` runs these and no others; the relays in them
/// have no privileges there either.
@Suite(
    "Needs root",
    .enabled(if: geteuid() == 0, "needs root: run make test-root"))
enum RootTests {}
