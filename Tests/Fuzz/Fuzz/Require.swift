/// Traps with this sentence if a property does not hold; a release build drops the message of `precondition`.
func require(_ holds: Bool, _ sentence: @autoclosure () -> String) {
    if !holds { fatalError(sentence()) }
}
