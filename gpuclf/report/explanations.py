"""One line of explanation for every metric of a report."""

AREA = "Higher is better; 1 is perfect, 0.5 chance. Probability that a "
ONE_VS_REST = f"{AREA}clip of a class is ranked above one of another class, mean over classes."
HAND_TILL = f"{AREA}clip of a class is ranked above one of another, mean over pairs of classes."

METRICS = {
    "accuracy": "Higher is better. Fraction of correct predictions.",
    "balanced_accuracy": "Higher is better. Mean of the recalls of all classes, weighted equally.",
    "macro_f1": "Higher is better. Harmonic mean of recall and precision, mean over classes.",
    "top_two": "Higher is better. Fraction whose true class is ranked first or second.",
    "auc_votes": ONE_VS_REST,
    "auc_votes_hand_till": HAND_TILL,
    "auc_decisions": ONE_VS_REST,
    "auc_decisions_hand_till": HAND_TILL,
    "brier": "Lower is better; 0 is perfect. Squared distance of the votes to the true class.",
    "brier_probabilities": "Lower is better; 0 is perfect. Squared distance of the probabilities "
    "to the true class.",
    "log_loss": "Lower is better; 0 is perfect. Mean of -log of the true class's probability.",
}
CALIBRATION = "Lower is better. Mean difference of accuracy and vote share of the predicted class."
CALIBRATION_OF_PROBABILITIES = (
    "Lower is better. Mean difference of accuracy and probability of the predicted class."
)
CLASSES = {  # columns of the table of classes
    "recall": "Higher is better. Fraction of the tests of the class that are recognised.",
    "precision": "Higher is better. Fraction of the predictions of the class that are correct.",
    "F1": "Higher is better. Harmonic mean of recall and precision.",
    "support": "Number of tests of the class over all folds.",
}
