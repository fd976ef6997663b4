"""The rows of the table, in its order."""
import clothes
import condition
import coupled
import cures
import digits
import edges
import emoji
import hands
import naive
import noise
import points
import reconstruction
import steps
import structured

ROWS = (reconstruction.ROWS + noise.ROWS + points.ROWS + clothes.ROWS + condition.ROWS + emoji.ROWS +
        edges.ROWS + digits.ROWS + naive.ROWS + cures.ROWS + coupled.ROWS + hands.ROWS + structured.ROWS +
        steps.ROWS)
