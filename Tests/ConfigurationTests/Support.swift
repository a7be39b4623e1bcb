import Foundation

@testable import Configuration

/// Problems of a text, one line each, as printed by `posthorse check`.
func problems(_ text: String, environment: [String: String] = [:]) -> [String] {
    RelayConfiguration.check(text: text, file: "relay.conf", environment: environment).problems.map(\.description)
}

/// The value of a text that is expected to be valid.
func configuration(
    _ text: String, file: String = "relay.conf", environment: [String: String] = [:]
) throws -> RelayConfiguration {
    let (configuration, problems) = RelayConfiguration.check(text: text, file: file, environment: environment)
    guard let configuration else { throw ConfigurationProblems(problems) }
    return configuration
}

/// The smallest complete file that does not depend on the machine: four lines.
let minimal = """
    hostname = "relay.test"
    [[upstream]]
    name = "primary"
    address = "mx.test:25"

    """

/// A directory for one test.
func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("posthorse-" + UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}
