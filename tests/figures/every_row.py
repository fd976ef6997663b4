"""The rows of the table, in its order."""
import clothes
import condition
import edges
import emoji
import noise
import points
import reconstruction
import steps

ROWS = (reconstruction.ROWS + noise.ROWS + points.ROWS + clothes.ROWS + condition.ROWS + emoji.ROWS +
        edges.ROWS + steps.ROWS)
