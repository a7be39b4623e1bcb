/// Traps where a property does not hold, with the sentence that says which: `precondition` drops it in a release build.
func require(_ holds: Bool, _ sentence: @autoclosure () -> String) {
    if !holds { fatalError(sentence()) }
}
