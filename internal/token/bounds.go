package token

// MostRemembered is how many tokens a [Checker] remembers at most, were they of no length.
const MostRemembered = rememberedBytes / rememberedCost
